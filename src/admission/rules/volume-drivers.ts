/** admission/rules/volume-drivers.ts — PodSecurityPolicy allowedCSIDrivers, allowedFlexVolumes. */

import { type Cel, cel } from '../cel.ts'
import { findings, type Rule, shown, volumesThat, when } from '../rule.ts'

const driversOf = (volume: Cel, drivers: Cel, kind: string) =>
  when(
    cel`size(${drivers}) > 0`,
    volumesThat(
      cel`${volume}.hasValue() && !(${volume}.value().driver in ${drivers})`,
      cel`${`${kind} driver is not allowed; allowed are `} + ${shown(drivers)}`,
    ),
  )

export const volumeDrivers: Rule = {
  name: 'volumeDrivers',
  fields: ['csiDrivers', 'flexVolumeDrivers'],
  violations: (rules) =>
    findings(
      driversOf(cel`v.?csi`, cel`${rules}.?csiDrivers.orValue([])`, 'csi'),
      driversOf(cel`v.?flexVolume`, cel`${rules}.?flexVolumeDrivers.orValue([])`, 'flexVolume'),
    ),
}
