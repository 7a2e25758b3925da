{ config, lib, ... }:

{
  networking.hostName = "harbour";

  time.timeZone = "Asia/Tokyo";

  services.openssh = {
    ports = [ 22 ];
  };

  system.stateVersion = "24.05";
}
