{{/* The cluster's version as images are tagged: providers say v1.33.4-eks-1234567, or v1.32.1+k3s1. */}}
{{- define "nova-extender.scheduler.version" -}}
{{- $version := regexFind "^v?[0-9]+\\.[0-9]+\\.[0-9]+" .Capabilities.KubeVersion.Version }}
{{- printf "v%s" (trimPrefix "v" $version) }}
{{- end }}

{{- define "nova-extender.scheduler.image" -}}
{{- $image := .Values.scheduler.image }}
{{- include "nova-extender.image-of" (dict "image" $image "tag" (include "nova-extender.scheduler.version" .)) }}
{{- end }}

{{- define "nova-extender.scheduler.name" -}}
{{ include "nova-extender.fullname" . }}-scheduler
{{- end }}

{{/* Which pods are shown to the extender: those of these resources, or all where there are none. */}}
{{- define "nova-extender.scheduler.managed-resources" -}}
{{- $managed := .Values.scheduler.managedResources }}
{{- if and (eq .Values.mode "standalone") .Values.marker.enabled }}
{{- $marker := dict "name" (include "nova-extender.marker.resource" . | trim) "ignoredByScheduler" true }}
{{- $managed = append $managed $marker }}
{{- end }}
{{- toJson $managed }}
{{- end }}

{{/* Where kube-scheduler asks. */}}
{{- define "nova-extender.scheduler.url" -}}
{{- if eq .Values.mode "sidecar" -}}
http://127.0.0.1:8888
{{- else -}}
{{- $port := int .Values.service.port }}
{{- $address := .Values.service.clusterIP | default (include "nova-extender.service-host" .) }}
{{- if contains ":" $address }}{{ $address = printf "[%s]" $address }}{{ end }}
{{- printf "https://%s%s" $address (eq $port 443 | ternary "" (printf ":%d" $port)) }}
{{- end }}
{{- end }}

{{/* The stanza of a KubeSchedulerConfiguration. */}}
{{- define "nova-extender.extenders" -}}
{{- $scheduler := .Values.scheduler -}}
extenders:
  - urlPrefix: {{ include "nova-extender.scheduler.url" . }}
    filterVerb: filter
    prioritizeVerb: prioritize
    {{- if $scheduler.bind }}
    bindVerb: bind
    {{- end }}
    {{- if $scheduler.preempt }}
    preemptVerb: preempt
    {{- end }}
    weight: {{ int $scheduler.weight }}
    # Names instead of whole nodes.
    nodeCacheCapable: true
    httpTimeout: {{ $scheduler.httpTimeout }}
    ignorable: {{ $scheduler.ignorable }}
    {{- with include "nova-extender.scheduler.managed-resources" . | fromJsonArray }}
    managedResources:
      {{- toYaml . | nindent 6 }}
    {{- end }}
    {{- if eq .Values.mode "standalone" }}
    enableHTTPS: true
    tlsConfig:
      serverName: {{ include "nova-extender.service-host" . }}
      caFile: /etc/kubernetes/nova-extender/ca.crt
      certFile: /etc/kubernetes/nova-extender/tls.crt
      keyFile: /etc/kubernetes/nova-extender/tls.key
    {{- end }}
{{- end }}

{{/*
The profile's pluginConfig. In overcommit mode virtual NodeResourcesFit must not look for what no
node has; whatever else it was given stays.
*/}}
{{- define "nova-extender.scheduler.plugin-config" -}}
{{- $given := .Values.scheduler.pluginConfig }}
{{- if eq .Values.overcommit.mode "virtual" }}
{{- $fit := dict "name" "NodeResourcesFit" }}
{{- $others := list }}
{{- range $given }}
{{- if eq .name $fit.name }}{{ $fit = deepCopy . }}{{ else }}{{ $others = append $others . }}{{ end }}
{{- end }}
{{- $args := get $fit "args" | default dict }}
{{- $groups := append (get $args "ignoredResourceGroups" | default list) "nova-extender.io" | uniq }}
{{- $_ := set $fit "args" (set $args "ignoredResourceGroups" $groups) }}
{{- $given = append $others $fit }}
{{- end }}
{{- toJson $given }}
{{- end }}

{{- define "nova-extender.scheduler.config" -}}
{{- $scheduler := .Values.scheduler -}}
apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
leaderElection:
  leaderElect: true
  resourceName: {{ include "nova-extender.scheduler.name" . }}
  resourceNamespace: {{ .Release.Namespace }}
# A sample of the nodes might be just those that the extender refuses.
percentageOfNodesToScore: {{ int $scheduler.percentageOfNodesToScore }}
profiles:
  - schedulerName: {{ $scheduler.name }}
    {{- with $scheduler.plugins }}
    plugins:
      {{- toYaml . | nindent 6 }}
    {{- end }}
    {{- with include "nova-extender.scheduler.plugin-config" . | fromJsonArray }}
    pluginConfig:
      {{- toYaml . | nindent 6 }}
    {{- end }}
{{ include "nova-extender.extenders" . }}
{{- end }}
