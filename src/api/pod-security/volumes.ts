/** api/pod-security/volumes.ts — the part of a profile's rules that is about volumes. */

import { z } from 'zod'
import { atLeastOne, constrained, listType } from '../constraint.ts'

/** The members of a pod's volume (core/v1 VolumeSource), also those that Kubernetes has removed since PodSecurityPolicy: a list that was carried over stays valid. */
export const VOLUME_TYPES = [
  'awsElasticBlockStore',
  'azureDisk',
  'azureFile',
  'cephfs',
  'cinder',
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'fc',
  'flexVolume',
  'flocker',
  'gcePersistentDisk',
  'gitRepo',
  'glusterfs',
  'hostPath',
  'image',
  'iscsi',
  'nfs',
  'persistentVolumeClaim',
  'photonPersistentDisk',
  'portworxVolume',
  'projected',
  'quobyte',
  'rbd',
  'scaleIO',
  'secret',
  'storageos',
  'vsphereVolume',
] as const
export type VolumeType = (typeof VOLUME_TYPES)[number] | '*'

/** What a pod may have when a profile does not say: nothing of the node, and nothing that asks for an address on the network. */
export const DEFAULT_VOLUMES = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'image',
  'persistentVolumeClaim',
  'projected',
  'secret',
] as const satisfies readonly VolumeType[]

const hostPath = z.strictObject({
  pathPrefix: constrained(z.string().max(256), {
    cel: "self.startsWith('/') && !self.split('/').exists(part, part == '..')",
    message: "write an absolute path without '..' in it, such as /var/log",
    holds: (path) => path.startsWith('/') && !path.split('/').includes('..'),
  }).describe('The directory, with everything below it. It ends at a slash: /foo is not a prefix of /food.'),
  readOnly: z.boolean().optional().describe('true: volumes below it must be mounted read-only. false unless said.'),
})

const drivers = (kind: string) =>
  atLeastOne(
    listType(z.array(z.string().min(1).max(253)).max(32), 'set'),
    `name at least one driver; leave ${kind} out to allow every driver`,
  ).optional()

export const volumeRules = {
  volumes: listType(z.array(z.enum(['*', ...VOLUME_TYPES])).max(40), 'set')
    .optional()
    .describe(
      'The types of volumes that a pod may have; * is every type, an empty list none. configMap, csi, downwardAPI, emptyDir, ephemeral, image, persistentVolumeClaim, projected and secret unless said.',
    ),
  hostPaths: atLeastOne(listType(z.array(hostPath).max(32), 'atomic'), 'name at least one path; leave hostPaths out to allow every path')
    .optional()
    .describe('The paths that hostPath volumes may have. Needs hostPath in volumes. Every path unless said.'),
  csiDrivers: drivers('csiDrivers').describe('The drivers that inline csi volumes may have. Every driver unless said.'),
  flexVolumeDrivers: drivers('flexVolumeDrivers').describe('The drivers that flexVolumes may have. Every driver unless said.'),
}

type VolumeRules = {
  readonly volumes?: readonly string[] | undefined
  readonly hostPaths?: readonly unknown[] | undefined
}

export const HOST_PATHS_NEED_HOST_PATH = {
  cel: "!has(self.hostPaths) || (has(self.volumes) && ('hostPath' in self.volumes || '*' in self.volumes))",
  message: 'hostPaths needs hostPath in volumes; without it no pod may have a hostPath volume at all',
  holds: ({ volumes = [], hostPaths }: VolumeRules) => hostPaths === undefined || volumes.includes('hostPath') || volumes.includes('*'),
}
