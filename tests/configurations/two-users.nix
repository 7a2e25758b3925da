{ pkgs, ... }:
{
  users.users.alice.packages = [ pkgs.git ];
  users.users."bob.b" = {
    packages = [ pkgs.git pkgs.vim ];
  };
}
