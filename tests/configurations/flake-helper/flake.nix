{
  outputs = { self, nixpkgs, ... }@inputs:
    let
      mkHost = name: extra: nixpkgs.lib.nixosSystem {
        specialArgs = { inherit inputs; };
        modules = [ ./common.nix ./hosts/${name} ] ++ extra;
      };
    in
    {
      nixosConfigurations = {
        harbour = mkHost "harbour" [ ./desktop.nix ];
        island = mkHost "island" [ ];
      };
    };
}
