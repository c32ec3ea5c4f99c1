{{/* What each container runs with. */}}
{{- define "nova-extender.container-security" -}}
allowPrivilegeEscalation: false
capabilities:
  drop: [ALL]
privileged: false
readOnlyRootFilesystem: true
runAsNonRoot: true
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{/* The user is the image's own, and no one of kube-scheduler's image either. */}}
{{- define "nova-extender.pod-security" -}}
fsGroup: 65532
runAsGroup: 65532
runAsNonRoot: true
runAsUser: 65532
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "nova-extender.container.extender" -}}
- name: extender
  image: {{ include "nova-extender.image" . }}
  imagePullPolicy: {{ .Values.image.pullPolicy }}
  command: [nova-extender, serve, --config, /etc/nova-extender/config/nova-extender.yaml]
  env:
    - name: POD_NAME
      valueFrom:
        fieldRef:
          fieldPath: metadata.name
    - name: POD_NAMESPACE
      valueFrom:
        fieldRef:
          fieldPath: metadata.namespace
    # For "kubectl exec": what its other commands go by.
    - name: NOVA_EXTENDER_CONFIG
      value: /etc/nova-extender/config/nova-extender.yaml
    - name: NOVA_EXTENDER_SERVER
      value: http://{{ dig "server" "debug_bind" "127.0.0.1:8890" .Values.config }}
    {{- with .Values.extraEnv }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  ports:
    {{- if eq .Values.mode "standalone" }}
    - name: verbs
      containerPort: 8888
      protocol: TCP
    {{- end }}
    - name: metrics
      containerPort: 8889
      protocol: TCP
    {{- if eq (include "nova-extender.overcommit.delivery" .) "webhook" }}
    - name: webhook
      containerPort: 9443
      protocol: TCP
    {{- end }}
  startupProbe:
    httpGet:
      path: /livez
      port: metrics
    periodSeconds: 1
    failureThreshold: 60
  livenessProbe:
    httpGet:
      path: /livez
      port: metrics
    periodSeconds: 10
    timeoutSeconds: 5
    failureThreshold: 6
  readinessProbe:
    httpGet:
      path: /readyz
      port: metrics
    periodSeconds: 2
    timeoutSeconds: 2
    failureThreshold: 2
  lifecycle:
    preStop:
      sleep:
        seconds: {{ include "nova-extender.pre-stop-seconds" . }}
  securityContext:
    {{- include "nova-extender.container-security" . | nindent 4 }}
  {{- with .Values.resources }}
  resources:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  terminationMessagePolicy: FallbackToLogsOnError
  volumeMounts:
    # As a folder: a file mounted by itself would never change.
    - name: config
      mountPath: /etc/nova-extender/config
      readOnly: true
    {{- if include "nova-extender.tls.needed" . }}
    - name: tls
      mountPath: {{ include "nova-extender.tls.folder" . }}
      readOnly: true
    {{- end }}
    - name: tmp
      mountPath: /tmp
    {{- with .Values.extraVolumeMounts }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end }}

{{/*
kube-scheduler; its serving certificate it makes in memory, so it writes nothing to disk.
*/}}
{{- define "nova-extender.container.kube-scheduler" -}}
{{- /* Before 1.31 there is one for both. */}}
{{- $two := semverCompare ">=1.31.0-0" .Capabilities.KubeVersion.Version }}
- name: kube-scheduler
  image: {{ include "nova-extender.scheduler.image" . }}
  imagePullPolicy: {{ .Values.scheduler.image.pullPolicy }}
  command:
    - kube-scheduler
    - --config=/etc/kubernetes/scheduler/scheduler-config.yaml
    {{- with .Values.scheduler.extraArgs }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  ports:
    - name: scheduler
      containerPort: 10259
      protocol: TCP
  startupProbe:
    httpGet:
      path: {{ $two | ternary "/livez" "/healthz" }}
      port: scheduler
      scheme: HTTPS
    periodSeconds: 2
    failureThreshold: 60
  livenessProbe:
    httpGet:
      path: {{ $two | ternary "/livez" "/healthz" }}
      port: scheduler
      scheme: HTTPS
    periodSeconds: 10
    timeoutSeconds: 15
    failureThreshold: 8
  readinessProbe:
    httpGet:
      path: {{ $two | ternary "/readyz" "/healthz" }}
      port: scheduler
      scheme: HTTPS
    periodSeconds: 2
    timeoutSeconds: 5
    failureThreshold: 3
  securityContext:
    {{- include "nova-extender.container-security" . | nindent 4 }}
  {{- with .Values.scheduler.resources }}
  resources:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  terminationMessagePolicy: FallbackToLogsOnError
  volumeMounts:
    - name: scheduler-config
      mountPath: /etc/kubernetes/scheduler
      readOnly: true
{{- end }}

{{/*
How long the extender goes on answering after its pod is told to end. Sidecar: until kube-scheduler,
which is told at the same time and just stops, asks no more. Standalone: until a new pod, which all
of a rollout are begun at once with, knows the cluster and takes the Lease over; meanwhile this one
answers as before, for a Service without a ready pod falls back to those that end.
*/}}
{{- define "nova-extender.pre-stop-seconds" -}}
{{- eq .Values.mode "sidecar" | ternary 3 20 }}
{{- end }}
