-- The health of a tenant is what its operator says of it: conditions Ready and Stalled, as kstatus understands them.
-- https://github.com/kubernetes-sigs/cli-utils/blob/master/pkg/kstatus/README.md
-- A resource that is being deleted does not come here: Argo CD calls it Progressing by itself.

local health = {status = "Progressing", message = "The operator has not looked at it yet"}

local status = obj.status
if status == nil or status.conditions == nil then
  return health
end

-- Nothing that was said of what the resource asked for before counts.
if status.observedGeneration ~= obj.metadata.generation then
  health.message = "The operator has not looked at the last change yet"
  return health
end

local conditions = {}
for _, condition in ipairs(status.conditions) do
  conditions[condition.type] = condition
end
local ready = conditions.Ready
local stalled = conditions.Stalled

if stalled ~= nil and stalled.status == "True" then
  -- Only a person can mend it. The reason is what to look up in docs/status.md.
  health.status = "Degraded"
  health.message = stalled.reason .. ": " .. stalled.message
elseif ready ~= nil then
  health.message = ready.message
  if ready.reason == "Suspended" then
    health.status = "Suspended"
  elseif ready.status == "True" then
    health.status = "Healthy"
  end
end

return health
