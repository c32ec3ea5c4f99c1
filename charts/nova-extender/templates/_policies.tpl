{{/* The resource that a pod asks for to be shown to the extender. */}}
{{- define "nova-extender.marker.resource" -}}
nova-extender.io/schedule
{{- end }}

{{/*
Whether a policy marks pods: where others' kube-scheduler asks, and the cluster has the kind.
Elsewhere pods have to ask for the marker themselves.
*/}}
{{- define "nova-extender.marker.policy" -}}
{{- $served := .Capabilities.APIVersions.Has "admissionregistration.k8s.io/v1/MutatingAdmissionPolicy" }}
{{- if and (eq .Values.mode "standalone") .Values.marker.enabled $served }}
{{- true }}
{{- end }}
{{- end }}

{{/* Of kubernetes.admin_namespaces the names of namespaces, as JSON; the option may be a text. */}}
{{- define "nova-extender.guard.namespaces" -}}
{{- $names := list }}
{{- range (include "nova-extender.guard.admin-namespaces" . | fromJsonArray) }}
{{- if ne . "*" }}{{ $names = append $names . }}{{ end }}
{{- end }}
{{- toJson $names }}
{{- end }}

{{/* Whether the extender heeds forcing in all namespaces, so that a permission can allow it. */}}
{{- define "nova-extender.guard.by-permission" -}}
{{- if has "*" (include "nova-extender.guard.admin-namespaces" . | fromJsonArray) }}
{{- true }}
{{- end }}
{{- end }}

{{- define "nova-extender.guard.admin-namespaces" -}}
{{- $given := dig "kubernetes" "admin_namespaces" list .Values.config }}
{{- if kindIs "string" $given }}
{{- $given = splitList "," $given }}
{{- end }}
{{- $names := list }}
{{- range $given }}
{{- with trim (toString .) }}{{ $names = append $names . }}{{ end }}
{{- end }}
{{- toJson $names }}
{{- end }}
