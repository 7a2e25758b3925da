{
  description = "A NixOS configuration that can be spoken to";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";
  # The address that you have ask-nix from.
  inputs.ask-nix.url = "git+file:///home/me/ask-nix";
  inputs.ask-nix.inputs.nixpkgs.follows = "nixpkgs";

  outputs =
    { nixpkgs, ask-nix, ... }:
    {
      nixosConfigurations.machine = nixpkgs.lib.nixosSystem {
        modules = [
          ./configuration.nix
          ask-nix.nixosModules.default
          {
            services.ask-nix = {
              enable = true;
              settings.voice.rate = 1.2;
            };
          }
        ];
      };
    };
}
