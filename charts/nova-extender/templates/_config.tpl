{{/*
The options that the chart sets in the extender's configuration, and the value by which. Whoever gave
one of them in .Values.config as well would not know which counts.
*/}}
{{- define "nova-extender.config.of-values" -}}
DEFAULT:
  initial_cpu_allocation_ratio: overcommit.defaultRatios.cpu
  initial_ram_allocation_ratio: overcommit.defaultRatios.memory
  initial_disk_allocation_ratio: overcommit.defaultRatios.ephemeral-storage
kubernetes:
  placement: placement
  overcommit: overcommit.mode
  allow_memory_overcommit: overcommit.allowMemoryOvercommit
  lease_name: fullnameOverride
server:
  mode: mode
  bind: mode
  cert_file: tls.source
  key_file: tls.source
  client_ca_file: tls.source
  allowed_clients: tls.allowedClients
  webhook_bind: overcommit.delivery
  webhook_cert_file: tls.source
  webhook_key_file: tls.source
{{- end }}

{{- define "nova-extender.config.check" -}}
{{- $config := .Values.config }}
{{- range $group, $options := include "nova-extender.config.of-values" . | fromYaml }}
{{- range $option, $value := $options }}
{{- if hasKey (get $config $group | default dict) $option }}
{{- fail (printf "config.%s.%s is set by the chart: use the value %s instead" $group $option $value) }}
{{- end }}
{{- end }}
{{- end }}
{{- if hasKey ($config.kubernetes | default dict) "lease_namespace" }}
{{- fail "config.kubernetes.lease_namespace is set by the chart: the Lease is in the release's namespace, which helm's --namespace says" }}
{{- end }}
{{- $given := dig "kubernetes" "bind_timeout" 0 $config | float64 }}
{{- $timeout := .Values.scheduler.httpTimeout | trimSuffix "s" | float64 }}
{{- if ge $given $timeout }}
{{- fail (printf "config.kubernetes.bind_timeout must be below scheduler.httpTimeout, which is %s: a bind that takes longer is given up by kube-scheduler, and done all the same" .Values.scheduler.httpTimeout) }}
{{- end }}
{{- if not (hasSuffix ":8889" (include "nova-extender.config.health-bind" .)) }}
{{- fail "config.server.health_bind may name another address, such as 0.0.0.0:8889, but no other port: probes and Services have 8889" }}
{{- end }}
{{- end }}

{{/*
All addresses, of whichever family the pod has: a socket of IPv6 takes IPv4 as well. Where the kernel
of the nodes was started without IPv6, config.server.health_bind 0.0.0.0:8889 does; the other
listeners follow.
*/}}
{{- define "nova-extender.config.health-bind" -}}
{{- dig "server" "health_bind" "[::]:8889" .Values.config }}
{{- end }}

{{- define "nova-extender.config.everywhere" -}}
{{- include "nova-extender.config.health-bind" . | trimSuffix ":8889" }}
{{- end }}

{{/* A second less than kube-scheduler waits, and no more than the extender's own default. */}}
{{- define "nova-extender.config.bind-timeout" -}}
{{- $timeout := .Values.scheduler.httpTimeout | trimSuffix "s" | int }}
{{- if eq $timeout 1 }}0.5{{ else }}{{ min 4 (sub $timeout 1) }}{{ end }}
{{- end }}

{{- define "nova-extender.config.default" -}}
{{- $ratios := .Values.overcommit.defaultRatios | default dict }}
{{- range $resource := include "nova-extender.overcommit.resources" . | fromYamlArray }}
{{- with get $ratios $resource.name }}
initial_{{ $resource.ratio }}_allocation_ratio: {{ . | quote }}
{{- end }}
{{- end }}
{{- end }}

{{- define "nova-extender.config.kubernetes" -}}
placement: {{ .Values.placement }}
overcommit: {{ .Values.overcommit.mode }}
allow_memory_overcommit: {{ .Values.overcommit.allowMemoryOvercommit }}
lease_name: {{ include "nova-extender.fullname" . }}
bind_timeout: {{ dig "kubernetes" "bind_timeout" (include "nova-extender.config.bind-timeout" .) .Values.config }}
{{- end }}

{{- define "nova-extender.config.server" -}}
{{- $everywhere := include "nova-extender.config.everywhere" . }}
mode: {{ .Values.mode }}
bind: {{ printf "%s:8888" (eq .Values.mode "sidecar" | ternary "127.0.0.1" $everywhere) | quote }}
health_bind: {{ include "nova-extender.config.health-bind" . | quote }}
{{- if eq .Values.mode "standalone" }}
cert_file: {{ include "nova-extender.tls.folder" . }}/tls.crt
key_file: {{ include "nova-extender.tls.folder" . }}/tls.key
client_ca_file: {{ include "nova-extender.tls.folder" . }}/ca.crt
allowed_clients: {{ toJson .Values.tls.allowedClients }}
{{- end }}
{{- if eq (include "nova-extender.overcommit.delivery" .) "webhook" }}
webhook_bind: {{ printf "%s:9443" $everywhere | quote }}
webhook_cert_file: {{ include "nova-extender.tls.folder" . }}/tls.crt
webhook_key_file: {{ include "nova-extender.tls.folder" . }}/tls.key
{{- end }}
{{- end }}

{{/* What the extender's file holds: what the values give, and what they mean. */}}
{{- define "nova-extender.config" -}}
{{- include "nova-extender.config.check" . }}
{{- $made := dict }}
{{- range $group := list "DEFAULT" "kubernetes" "server" }}
{{- with include (printf "nova-extender.config.%s" (lower $group)) $ | fromYaml }}
{{- $_ := set $made $group . }}
{{- end }}
{{- end }}
{{- mergeOverwrite (deepCopy .Values.config) $made | toYaml }}
{{- end }}

{{/* Of that, what takes effect with the next start only; Nova's groups are read anew as they change. */}}
{{- define "nova-extender.config.of-start" -}}
{{- $config := include "nova-extender.config" . | fromYaml }}
{{- pick $config "kubernetes" "server" | toYaml }}
{{- end }}
