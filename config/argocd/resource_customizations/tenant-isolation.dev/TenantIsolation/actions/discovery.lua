-- What git says nothing of, an action may set without a difference: see docs/gitops.md.

local mode = "Enforce"
if obj.spec.network ~= nil and obj.spec.network.mode ~= nil then
  mode = obj.spec.network.mode
end
local suspended = obj.spec.suspend == true

local actions = {}
actions["suspend"] = {["disabled"] = suspended, ["iconClass"] = "fa fa-fw fa-pause"}
actions["resume"] = {["disabled"] = not suspended, ["iconClass"] = "fa fa-fw fa-play"}
actions["audit"] = {["disabled"] = mode == "Audit", ["iconClass"] = "fa fa-fw fa-eye", ["displayName"] = "Audit network"}
actions["enforce"] = {["disabled"] = mode == "Enforce", ["iconClass"] = "fa fa-fw fa-lock", ["displayName"] = "Enforce network"}
return actions
