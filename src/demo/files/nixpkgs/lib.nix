# The few functions of nixpkgs' library that a small configuration uses.
rec {
  mkDefault = value: value;
  mkForce = value: value;
  mkIf = condition: value: if condition then value else { };
  getExe = package: "${package}/bin/${package.meta.mainProgram}";

  # Configurations are joined as the module system does it: sets by key, lists end to end.
  join =
    a: b:
    if builtins.isAttrs a && builtins.isAttrs b && !(a ? outPath) then
      a
      // builtins.mapAttrs (key: value: if a ? ${key} then join a.${key} value else value) b
    else if builtins.isList a && builtins.isList b then
      a ++ b
    else
      b;
}
