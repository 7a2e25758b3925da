{
  outputs = { self, nixpkgs }:
    let
      inherit (nixpkgs) lib;
      mkHost = hostName: lib.nixosSystem {
        modules = [ ./hosts/${hostName}/configuration.nix "${self}/hosts/${hostName}/hardware.nix" ];
      };
    in {
      nixosConfigurations = lib.genAttrs [ "harbour" "island" ] mkHost;
    };
}
