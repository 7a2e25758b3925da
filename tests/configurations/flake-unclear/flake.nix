{
  outputs = inputs: inputs.blueprint { inherit inputs; };
}
