# What a channel's release says of itself: the newest first.
[
  {
    version = "26.11pre921004.5f8c2a1e";
    revision = "5f8c2a1e4b7d90c6e1f3a85b2d40c79e6a1b8f35";
    kernel = "6.18.6";
  }
  {
    version = "26.11pre905417.d7a03bec";
    revision = "d7a03becf5128e6a94b07c31d8f2e65a0c9b4d17";
    kernel = "6.18.1";
  }
]
