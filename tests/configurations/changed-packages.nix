{ pkgs, ... }:
{
  environment.systemPackages = with pkgs; [
    (git.override { withLibsecret = true; })
    (python3.withPackages (ps: with ps; [
      requests
      numpy
    ]))
    (writeShellScriptBin "hello" ''
      echo "hello, $USER"
    '')
  ];
}
