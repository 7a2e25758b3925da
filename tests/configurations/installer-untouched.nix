{ config, pkgs, ... }:

{
  imports = [ ];

  time.timeZone = "Europe/Lisbon";

  # List packages installed in system profile. To search, run:
  # $ nix search wget
  environment.systemPackages = with pkgs; [
  #  vim # Do not forget to add an editor!
  #  wget
  ];

  # services.openssh.enable = true;

  system.stateVersion = "25.11";
}
