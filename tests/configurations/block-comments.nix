{ pkgs, ... }: /* the machine */
{
  environment.systemPackages = /* all of them */ [
    pkgs.git /* one */ pkgs.vim /* two */
  ];
  services.openssh.enable /* yes */ = true /* really */;
}
