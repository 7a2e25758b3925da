{
  config,
  lib,
  ...
}:
{
  environment = {
    variables.EDITOR = "vim";
    shellAliases.ll = "ls -l";
  };
  services.openssh.enable = true;
}
