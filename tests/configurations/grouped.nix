{ pkgs, ... }:
{
  environment.systemPackages = with pkgs; [
    # editors
    vim neovim
    helix

    # tools
    git   # version control
    curl  # downloads
    jq    # JSON
  ];
}
