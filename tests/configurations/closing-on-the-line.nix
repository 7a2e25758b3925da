{ pkgs, ... }:
{
  environment.systemPackages = [ pkgs.vim
                                 pkgs.curl
                                 # the last one
                                 pkgs.git ];
}
