{
  outputs = { nixpkgs, ... }:
    let
      hostnames = [ "harbour" ];
      mkHost = hostname: nixpkgs.lib.nixosSystem {
        modules = [ (./hosts + "/${hostname}.nix") ./hosts/${hostname}.nix ];
      };
    in {
      nixosConfigurations = builtins.listToAttrs
        (map (name: { name = name; value = mkHost name; }) hostnames);
    };
}
