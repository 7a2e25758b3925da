{ pkgs, ... }:
{
  environment.systemPackages = with pkgs; [
    curl
    git
    vim
  ];
  services.openssh.enable = true;
}
