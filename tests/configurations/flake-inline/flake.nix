{
  outputs = { nixpkgs, ... }: {
    nixosConfigurations.harbour = nixpkgs.lib.nixosSystem {
      modules = [
        ({ pkgs, ... }: {
          networking.hostName = "harbour";
          environment.systemPackages = [ pkgs.git ];
        })
      ];
    };
  };
}
