{ pkgs, ... }: {
  networking.hostName = "harbour";
  environment.systemPackages = [
    pkgs.curl
    pkgs.git # for everything
    pkgs.kdePackages.okular
  ];
  services.openssh.enable = true;
}
