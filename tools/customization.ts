/** customization.ts — what Argo CD is told about our kind, from the folder that its own repository would have to the ConfigMap that it reads. */

import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { GROUP, KIND } from '../src/api/labels.ts'

const FOLDER = resolve(import.meta.dirname, `../config/argocd/resource_customizations/${GROUP}/${KIND}`)

/** ConfigMap argocd-cm with these keys alone: a merge patch of it leaves the others as they are. */
export function customizationConfigMap(): object {
  const lua = (...path: readonly string[]) => readFileSync(join(FOLDER, ...path), 'utf8')
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: 'argocd-cm',
      namespace: 'argocd',
      // Argo CD reads no ConfigMap without it.
      labels: { 'app.kubernetes.io/name': 'argocd-cm', 'app.kubernetes.io/part-of': 'argocd' },
    },
    data: {
      [`resource.customizations.health.${GROUP}_${KIND}`]: lua('health.lua'),
      [`resource.customizations.actions.${GROUP}_${KIND}`]: actions(lua),
    },
  }
}

/** YAML inside of YAML, as Argo CD wants it. */
function actions(lua: (...path: readonly string[]) => string): string {
  const names = readdirSync(join(FOLDER, 'actions'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== 'testdata')
    .map(({ name }) => name)
    .sort()
  const definitions = names.map((name) => `- name: ${name}\n  action.lua: |\n${indented(lua('actions', name, 'action.lua'), 4)}`)
  return `discovery.lua: |\n${indented(lua('actions', 'discovery.lua'), 2)}definitions:\n${definitions.join('')}`
}

function indented(text: string, by: number): string {
  return text.replaceAll(/^(?=.)/gm, ' '.repeat(by))
}
