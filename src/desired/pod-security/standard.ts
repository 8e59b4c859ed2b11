/** desired/pod-security/standard.ts — the labels by which Pod Security Admission knows the standard of a namespace. */

import { POD_SECURITY_PREFIX } from '../../api/labels.ts'
import { STANDARD_MODES, type Standard } from '../../api/pod-security/standard.ts'

/**
 * Always with the version: without the label it is the latest, but a version that somebody has left there would loosen the standard
 * (`enforce: restricted` of v1.0 asks for next to nothing).
 */
export function standardLabels(standard: Standard | undefined): Readonly<Record<string, string>> {
  if (standard === undefined) return {}
  return Object.fromEntries(
    STANDARD_MODES.flatMap((mode) => {
      const level = standard[mode]
      if (level === undefined) return []
      const label = `${POD_SECURITY_PREFIX}${mode}`
      return [
        [label, level],
        [`${label}-version`, standard[`${mode}Version`] ?? 'latest'],
      ]
    }),
  )
}
