{
  description = "The demo machine as a flake";

  outputs =
    { self }:
    {
      legacyPackages.x86_64-linux = import ./nixpkgs { system = "x86_64-linux"; };
      legacyPackages.aarch64-linux = import ./nixpkgs { system = "aarch64-linux"; };
      nixosConfigurations.demo = import ./nixpkgs/nixos {
        configuration = import ./configuration.nix;
        system = "@system@";
      };
    };
}
