if obj.spec.network == nil then
  obj.spec.network = {}
end
obj.spec.network.mode = "Audit"
return obj
