args:

{
  networking.hostName = "harbour";
  environment.variables.EDITOR = "vim";
  services.openssh.enable = args.lib.mkDefault true;
}
