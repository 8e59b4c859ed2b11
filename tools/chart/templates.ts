/**
 * chart/templates.ts — from manifests to templates of the chart, so that what Helm installs cannot differ from crds/ and config/.
 *
 * What depends on the release is put in as a word that no manifest has, and replaced in the text.
 */

import { type Document, isMap, parseAllDocuments, stringify, visit } from 'yaml'
import { OPERATOR_ACCOUNT, type OperatorAccount } from '../../src/admission/guards/identities.ts'
import { MANAGED_BY_LABEL } from '../../src/api/labels.ts'

/** The account whose names become those of the release. They sort as those of the default account do. */
export const RELEASE_ACCOUNT: OperatorAccount = { namespace: 'zz-namespace-of-the-release', serviceAccount: 'zz-account-of-the-release' }

const LABELS = 'zz-labels-of-the-release'
const KEEP = 'zz-keep'

export type TemplateOptions = {
  /** A Helm expression; without it the objects are always there. */
  readonly when?: string
  /** A Helm expression: whether the objects stay when the release is uninstalled. */
  readonly keep?: string
}

type Object = { readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> } }

/** Objects for which the names in RELEASE_ACCOUNT were used where the operator's account is meant. */
export function templateOf(objects: readonly object[], options: TemplateOptions = {}): string {
  const marked = (objects as readonly Object[]).map((object) => ({
    ...object,
    metadata: {
      ...object.metadata,
      ...(options.keep !== undefined && { annotations: { [KEEP]: '' } }),
      labels: { ...withoutManager(object.metadata.labels), [LABELS]: '' },
    },
  }))
  const texts = marked.map((object) => stringify(object, { lineWidth: 0, aliasDuplicateObjects: false, compat: 'yaml-1.1' }))
  return finished(texts.join('---\n'), options)
}

/** Helm puts its own name there, and takes up only what has it. */
function withoutManager({ [MANAGED_BY_LABEL]: _, ...labels }: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  return labels
}

/** Manifests as they are written, comments and all; the operator's account in them becomes that of the release. */
export function templateOfText(source: string, options: TemplateOptions = {}): string {
  const documents = parseAllDocuments(source) as Document[]
  for (const document of documents) {
    document.setIn(['metadata', 'labels', LABELS], '')
    visit(document, { Map: (_, map) => rename(map) })
  }
  const text = documents.map((document) => document.toString({ lineWidth: 0, flowCollectionPadding: false })).join('')
  return onlyWhatIsConfigured(finished(text, options))
}

/** In metadata and in subjects, `namespace` is the operator's; a subject, and the account itself, has its name. */
function rename(map: unknown): void {
  if (!isMap(map)) return
  if (map.get('namespace') === OPERATOR_ACCOUNT.namespace) map.set('namespace', RELEASE_ACCOUNT.namespace)
  if (map.get('kind') !== 'ServiceAccount') return
  const metadata = map.get('metadata')
  const named = isMap(metadata) ? metadata : map
  if (named.get('name') === OPERATOR_ACCOUNT.serviceAccount) named.set('name', RELEASE_ACCOUNT.serviceAccount)
}

function finished(text: string, { when, keep }: TemplateOptions): string {
  const escaped = text.replaceAll('{{', '{{ "{{" }}')
  const template = escaped
    .replace(
      new RegExp(`^( *)${LABELS}: ""$`, 'gm'),
      (_, indent: string) => `${indent}{{- include "tenant-isolation.labels" . | nindent ${indent.length} }}`,
    )
    .replace(
      new RegExp(`^( *)annotations:\\n *${KEEP}: ""$`, 'gm'),
      (_, indent: string) =>
        `${indent}{{- if ${keep} }}\n${indent}annotations:\n${indent}  helm.sh/resource-policy: keep\n${indent}{{- end }}`,
    )
    .replace(new RegExp(`: ${RELEASE_ACCOUNT.namespace}$`, 'gm'), ': {{ .Release.Namespace | quote }}')
    .replaceAll(RELEASE_ACCOUNT.namespace, '{{ .Release.Namespace }}')
    .replace(new RegExp(`: ${RELEASE_ACCOUNT.serviceAccount}$`, 'gm'), ': {{ .Values.serviceAccount.name | quote }}')
    .replaceAll(RELEASE_ACCOUNT.serviceAccount, '{{ .Values.serviceAccount.name }}')
  return when === undefined ? template : `{{- if ${when} }}\n${template}{{- end }}\n`
}

const BIND =
  /^( *)- apiGroups: \[rbac\.authorization\.k8s\.io\]\n *resources: \[clusterroles\]\n *resourceNames: \[([\w, -]+)\]\n *verbs: \[bind\]\n/gm

/**
 * The ClusterRoles that the operator may give are those of its configuration. Where it may give none the whole rule goes: RBAC reads no
 * names as every name, and whoever may bind every role is cluster-admin.
 */
function onlyWhatIsConfigured(template: string): string {
  const result = template.replace(BIND, (rule, indent: string, names: string) => {
    const unlessSaid = names.split(',').map((name) => JSON.stringify(name.trim()))
    const configured = rule.replace(`[${names}]`, '{{ toJson . }}')
    return `${indent}{{- with dig "access" "clusterRoles" (list ${unlessSaid.join(' ')}) .Values.config }}\n${configured}${indent}{{- end }}\n`
  })
  if (/verbs: .*\bbind\b/.test(template.replace(BIND, '')))
    throw new Error('a rule with verb bind has another form than tools/chart/templates.ts knows')
  return result
}
