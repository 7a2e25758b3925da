{ pkgs, ... }:
{
  environment.systemPackages = builtins.attrValues {
    inherit (pkgs)
      # ==== tools ====
      curl
      git
      jq
      ;
  };
}
