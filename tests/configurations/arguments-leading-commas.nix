{ config
, lib
, ...
}:

{
  environment.variables.EDITOR = "vim";
}
