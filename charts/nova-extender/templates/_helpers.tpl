{{/* The name of the application. */}}
{{- define "nova-extender.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* What the names of all objects begin with: that of a Service is no longer than 63, "-overcommit" included. */}}
{{- define "nova-extender.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" }}
{{- else }}
{{- $name := default .Chart.Name .Values.nameOverride }}
{{- if contains $name .Release.Name }}
{{- .Release.Name | trunc 52 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 52 | trimSuffix "-" }}
{{- end }}
{{- end }}
{{- end }}

{{- define "nova-extender.chart" -}}
{{- printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "nova-extender.labels" -}}
helm.sh/chart: {{ include "nova-extender.chart" . }}
{{ include "nova-extender.selectorLabels" . }}
{{- with .Chart.AppVersion }}
app.kubernetes.io/version: {{ . | quote }}
{{- end }}
app.kubernetes.io/part-of: nova-extender
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "nova-extender.selectorLabels" -}}
app.kubernetes.io/name: {{ include "nova-extender.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{/*
What is pulled. .image: the values of an image. .tag: where these name none. A digest counts alone:
beside one, a tag is not looked at.
*/}}
{{- define "nova-extender.image-of" -}}
{{- $image := .image }}
{{- if $image.digest }}
{{- printf "%s@%s" $image.repository $image.digest }}
{{- else }}
{{- printf "%s:%s" $image.repository ($image.tag | default .tag) }}
{{- end }}
{{- end }}

{{- define "nova-extender.image" -}}
{{- include "nova-extender.image-of" (dict "image" .Values.image "tag" .Chart.AppVersion) }}
{{- end }}

{{- define "nova-extender.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- .Values.serviceAccount.name | default (include "nova-extender.fullname" .) }}
{{- else }}
{{- required "serviceAccount.name is needed where serviceAccount.create is false" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{/* What the standalone extender is called in the cluster. */}}
{{- define "nova-extender.service-host" -}}
{{ include "nova-extender.fullname" . }}.{{ .Release.Namespace }}.svc
{{- end }}

{{/* What the objects of the overcommit part are called. */}}
{{- define "nova-extender.overcommit.name" -}}
{{ include "nova-extender.fullname" . }}-overcommit
{{- end }}

{{/* Who amplifies nodes: "policy" or "webhook"; "" where nobody does. */}}
{{- define "nova-extender.overcommit.delivery" -}}
{{- $overcommit := .Values.overcommit }}
{{- if eq $overcommit.mode "native" }}
{{- if ne $overcommit.delivery "auto" }}
{{- $overcommit.delivery }}
{{- else if .Capabilities.APIVersions.Has "admissionregistration.k8s.io/v1/MutatingAdmissionPolicy" }}
{{- "policy" }}
{{- else }}
{{- "webhook" }}
{{- end }}
{{- end }}
{{- end }}

{{/*
A ratio as a whole number of thousandths: "1.05" is 1050. No float is involved.
*/}}
{{- define "nova-extender.thousandths" -}}
{{- $parts := splitList "." . }}
{{- $fraction := "" }}
{{- if gt (len $parts) 1 }}{{ $fraction = index $parts 1 }}{{ end }}
{{- printf "%s%s" (index $parts 0) (printf "%s000" $fraction | trunc 3) | regexFind "[1-9].*" | default "0" }}
{{- end }}

{{/*
The three resources that can be overcommitted, as YAML: the name in Kubernetes, the word in the
ratio's annotation, the word in the other annotations and in CEL variables, and what stands behind
a whole number of the annotations' unit (milli-cores, bytes) in a quantity.
*/}}
{{- define "nova-extender.overcommit.resources" -}}
- {name: cpu, ratio: cpu, id: cpu, suffix: m}
- {name: memory, ratio: ram, id: memory, suffix: ""}
- {name: ephemeral-storage, ratio: disk, id: ephemeral_storage, suffix: ""}
{{- end }}

{{/*
CEL: how much of a resource a map of quantities has, in its annotations' unit, rounded up; -1 where
it has none, or less than nothing, or more than 64 bits of it.
.of: CEL of the map. .resource: one of nova-extender.overcommit.resources.

Quantities cannot be multiplied, and are whole numbers only for some suffixes. So one is read as a
floating-point number, made a little too small, and what is missing is added: that is little, so it
is known to less than a unit. In the end an exact comparison says whether one unit is still missing.
*/}}
{{- define "nova-extender.overcommit.amount" -}}
{{- $suffix := .resource.suffix }}
{{- $float := printf ".asApproximateFloat()%s" (empty $suffix | ternary "" " * 1000.0") }}
{{ .of }}[?'{{ .resource.name }}']
  .optMap(text, isQuantity(text) ? quantity(text) : quantity('-1'))
  .optMap(q,
    q.isLessThan(quantity('0')) || q.isGreaterThan(quantity('9223372036854775807{{ $suffix }}'))
    ? -1
    : [int(q{{ $float }} * 0.999999999999)]
        .map(n, n + int(q.sub(quantity(string(n) + '{{ $suffix }}')){{ $float }}))
        .map(n, quantity(string(n) + '{{ $suffix }}').compareTo(q) >= 0 ? n : n + 1)[0])
  .orValue(-1)
{{- end }}

{{/*
CEL: an annotation without the blanks around it, as an optional text. One of more than 64 KiB is
taken for something that cannot be read.
.of: CEL of the annotations. .key: the key.
*/}}
{{- define "nova-extender.overcommit.text" -}}
{{ .of }}[?'{{ .key }}']
  .optMap(text, size(dyn(text)) <= 65536 ? text.trim() : 'too long')
{{- end }}

{{/* CEL: an annotation that is a whole number of 64 bits; -1 where it is none, or not there. */}}
{{- define "nova-extender.overcommit.whole" -}}
{{ include "nova-extender.overcommit.text" . }}
  .optMap(text,
    text.matches('^[0-9]{1,19}$') && (size(dyn(text)) < 19 || text <= '9223372036854775807')
    ? int(text) : -1)
  .orValue(-1)
{{- end }}

{{/* CEL: whether a text is an allocation ratio. */}}
{{- define "nova-extender.overcommit.is-ratio" -}}
{{ . }}.matches('^[0-9]{1,3}([.][0-9]{1,3})?$') && {{ . }}.matches('[1-9]')
{{- end }}

{{/* CEL: a text in a message, which must be one line of printable characters. */}}
{{- define "nova-extender.overcommit.shown" -}}
({{ . }}.matches('^[\\pL\\pM\\pN\\pP\\pS ]{0,40}$') ? '"' + {{ . }} + '"' : 'its value')
{{- end }}

{{/* Whom a binding is for. */}}
{{- define "nova-extender.subjects" }}
- kind: ServiceAccount
  name: {{ include "nova-extender.serviceAccountName" . }}
  namespace: {{ .Release.Namespace }}
{{- end }}

{{/*
Labels of a pod that is not the extender: no Service, Deployment or budget may take it for one.
.root: the top. .name: what it is.
*/}}
{{- define "nova-extender.other-labels" -}}
app.kubernetes.io/name: {{ include "nova-extender.name" .root }}-{{ .name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .name }}
app.kubernetes.io/part-of: nova-extender
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
{{- end }}
