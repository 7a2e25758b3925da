{ pkgs, ... }:
{
  networking = {
    hostName = "harbour";
    firewall.enable = true;
  };

  environment = {
    variables = {
      EDITOR = "vim";
    };

    # What everybody needs.
    systemPackages = with pkgs; [
      git
      vim
    ];
  };

  services = {
    openssh = {
      enable = true;
      settings.PasswordAuthentication = false;
    };
    printing.enable = true;
  };

  time = { timeZone = "Europe/Oslo"; };
}
