{{/*
The certificates of tls.source generated, made or kept, in .Values.tls.made: all templates must see
the same ones, and each call of genCA makes another.

A certificate is kept until the last third of its validity, or until it is to have other names; the
annotation on its Secret tells when it ends, for templates cannot read certificates. The authority is
kept for as long as it outlives what it signs, so that those who trust it need not be told of a new
one. Helm shows none of what is in the cluster to "helm template": there all is made anew.
*/}}
{{- define "nova-extender.tls.make" -}}
{{- if not .Values.tls.made }}
{{- $days := int .Values.tls.generated.validity }}
{{- $base := include "nova-extender.fullname" . }}
{{- $authority := include "nova-extender.tls.kept" (dict "root" . "secret" (printf "%s-ca" $base) "names" "" "days" $days) | fromJson }}
{{- $fresh := empty $authority }}
{{- if $fresh }}
{{- $years := 3650 }}
{{- $ca := genCA (printf "%s-ca" $base) $years }}
{{- $authority = dict "cert" $ca.Cert "key" $ca.Key "names" "" "expires" (include "nova-extender.tls.in-days" $years) }}
{{- end }}
{{- $_ := set .Values.tls "made" (dict "ca" $authority) }}
{{- $dns := include "nova-extender.tls.dns-names" . | fromJsonArray }}
{{- $addresses := include "nova-extender.tls.addresses" . | fromJsonArray }}
{{- $server := dict "name" "tls" "cn" (first $dns | trunc 64) "dns" $dns "addresses" $addresses }}
{{- $client := dict "name" "client-tls" "cn" (first .Values.tls.allowedClients) "dns" list "addresses" list }}
{{- $signer := buildCustomCert (b64enc $authority.cert) (b64enc $authority.key) }}
{{- range $leaf := list $server $client }}
{{- $names := concat (list $leaf.cn) $leaf.dns $leaf.addresses | uniq | join "," }}
{{- $found := dict }}
{{- if not $fresh }}
{{- $third := max 1 (div $days 3) }}
{{- $found = include "nova-extender.tls.kept" (dict "root" $ "secret" (printf "%s-%s" $base $leaf.name) "names" $names "days" $third) | fromJson }}
{{- end }}
{{- if empty $found }}
{{- $signed := genSignedCert $leaf.cn $leaf.addresses $leaf.dns $days $signer }}
{{- $found = dict "cert" $signed.Cert "key" $signed.Key "names" $names "expires" (include "nova-extender.tls.in-days" $days) }}
{{- end }}
{{- $_ := set $.Values.tls.made $leaf.name $found }}
{{- end }}
{{- end }}
{{- end }}

{{/* Seconds since the epoch, so many days from now. */}}
{{- define "nova-extender.tls.in-days" -}}
{{- add (now | unixEpoch | int64) (mul 86400 .) }}
{{- end }}

{{/*
What a Secret of an earlier installation has, as JSON; nothing where it is not there, ends within
.days, or has other .names.
*/}}
{{- define "nova-extender.tls.kept" -}}
{{- $secret := lookup "v1" "Secret" .root.Release.Namespace .secret | default dict }}
{{- $annotations := dig "metadata" "annotations" dict $secret }}
{{- $expires := get $annotations "nova-extender.io/expires" | default "0" }}
{{- $names := get $annotations "nova-extender.io/names" }}
{{- $cert := dig "data" "tls.crt" "" $secret }}
{{- $key := dig "data" "tls.key" "" $secret }}
{{- $late := include "nova-extender.tls.in-days" .days | int64 }}
{{- if and $cert $key (gt (int64 $expires) $late) (eq $names .names) }}
{{- toJson (dict "cert" (b64dec $cert) "key" (b64dec $key) "names" $names "expires" $expires) }}
{{- else -}}
{}
{{- end }}
{{- end }}
