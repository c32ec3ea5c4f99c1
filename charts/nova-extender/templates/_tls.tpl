{{- define "nova-extender.tls.folder" -}}
/etc/nova-extender/tls
{{- end }}

{{/* Whether anybody is spoken to with TLS: kube-scheduler, or the API server that asks the webhook. */}}
{{- define "nova-extender.tls.needed" -}}
{{- if or (eq .Values.mode "standalone") (eq (include "nova-extender.overcommit.delivery" .) "webhook") }}
{{- true }}
{{- end }}
{{- end }}

{{- define "nova-extender.tls.secret" -}}
{{- if eq .Values.tls.source "secret" }}
{{- required "tls.secretName is needed where tls.source is secret" .Values.tls.secretName }}
{{- else }}
{{- include "nova-extender.fullname" . }}-tls
{{- end }}
{{- end }}

{{/* The names, or addresses, under which the extender is asked, as JSON. */}}
{{- define "nova-extender.tls.dns-names" -}}
{{- $names := list }}
{{- if eq .Values.mode "standalone" }}
{{- $host := include "nova-extender.service-host" . }}
{{- $names = list $host (trimSuffix ".svc" $host) }}
{{- end }}
{{- if eq (include "nova-extender.overcommit.delivery" .) "webhook" }}
{{- $names = append $names (printf "%s.%s.svc" (include "nova-extender.overcommit.name" .) .Release.Namespace) }}
{{- with include "nova-extender.tls.url-host" . }}
{{- if not (regexMatch "^[0-9.]+$|:" .) }}{{ $names = append $names . }}{{ end }}
{{- end }}
{{- end }}
{{- toJson $names }}
{{- end }}

{{- define "nova-extender.tls.addresses" -}}
{{- $addresses := list }}
{{- if eq .Values.mode "standalone" }}
{{- with .Values.service.clusterIP }}{{ $addresses = append $addresses . }}{{ end }}
{{- end }}
{{- if eq (include "nova-extender.overcommit.delivery" .) "webhook" }}
{{- with include "nova-extender.tls.url-host" . }}
{{- if regexMatch "^[0-9.]+$|:" . }}{{ $addresses = append $addresses . }}{{ end }}
{{- end }}
{{- end }}
{{- toJson $addresses }}
{{- end }}

{{/* Whom the API server is told to ask instead of the chart's Service; "" for nobody else. */}}
{{- define "nova-extender.tls.url-host" -}}
{{- with .Values.overcommit.webhook.url }}
{{- (urlParse .).host | regexFind "^(\\[[^]]+\\]|[^:]+)" | trimAll "[]" }}
{{- end }}
{{- end }}

{{/* Whether kube-scheduler is given a certificate. */}}
{{- define "nova-extender.tls.for-client" -}}
{{- if and (eq .Values.mode "standalone") (ne .Values.tls.source "secret") }}
{{- true }}
{{- end }}
{{- end }}
