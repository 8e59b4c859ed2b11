{{/* Labels that say which release an object belongs to; what it is called everywhere is written where it is. */}}
{{- define "tenant-isolation.labels" -}}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service | quote }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | quote }}
{{- end }}

{{/* By which the Deployment and everything that looks at its pods find them. They never change. */}}
{{- define "tenant-isolation.selector" -}}
app.kubernetes.io/component: operator
app.kubernetes.io/name: tenant-isolation
{{- end }}

{{/* The image, by digest where there is one. */}}
{{- define "tenant-isolation.image" -}}
{{- with .Values.image -}}
{{- if .digest }}{{ printf "%s@%s" .repository .digest }}{{ else }}{{ printf "%s:%s" .repository (.tag | default $.Chart.AppVersion) }}{{ end }}
{{- end }}
{{- end }}

{{/*
Whether the MutatingAdmissionPolicy is installed: "true" or "false". A rendering without a cluster knows no kinds, not even Deployments,
unless it was told (--api-versions, as Argo CD does); then only the version of Kubernetes counts.
*/}}
{{- define "tenant-isolation.mutatingPolicies" -}}
{{- $known := .Capabilities.APIVersions.Has "apps/v1/Deployment" -}}
{{- $listed := .Capabilities.APIVersions.Has "admissionregistration.k8s.io/v1/MutatingAdmissionPolicy" -}}
{{- $served := and (semverCompare ">=1.36-0" .Capabilities.KubeVersion.Version) (or $listed (not $known)) -}}
{{- $wanted := or (eq .Values.admissionPolicies.mutating "Enabled") (and (eq .Values.admissionPolicies.mutating "Auto") $served) -}}
{{- and .Values.admissionPolicies.enabled $wanted -}}
{{- end }}
