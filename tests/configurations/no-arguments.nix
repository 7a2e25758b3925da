# The smallest machine there is.
{
  networking.hostName = "harbour";
  services.openssh.enable = true;
}
