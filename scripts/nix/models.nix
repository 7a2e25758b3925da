# The models that listening and speaking need, each from its maker by the hash of the program's own manifest.
{
  lib,
  fetchurl,
  linkFarm,
  # `models/manifest.toml`, read.
  manifest,
  # Names of more models than the needed ones.
  more ? [ ],
}:
let
  # ONNX Runtime comes from nixpkgs, and so runs on processors and systems that the fetched one does not know.
  wanted = lib.filter (
    model: (model.needed || lib.elem model.name more) && model.purpose != "runtime" && address model != null
  ) manifest.model;
  address = model: lib.findFirst (url: url != null) null (map (source: source.url or null) model.sources);
in
linkFarm "ask-nix-models" (
  map (model: {
    name = model.file;
    path = fetchurl {
      name = model.file;
      url = address model;
      inherit (model) sha256;
      meta.license = model.licence;
    };
  }) wanted
)
