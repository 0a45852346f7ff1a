"""The U-Net of Buda et al. 2019: data, training, and compilation with Apache TVM into harness bundles."""
