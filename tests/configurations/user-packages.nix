{ pkgs, ... }:
{
  users.users.alice = {
    isNormalUser = true;
    packages = with pkgs; [ git thunderbird ];
  };
  time.timeZone = "Europe/Rome";
}
