package dev.tilewright.zoo.block;

import static dev.tilewright.zoo.build.RuleException.require;

import dev.tilewright.zoo.build.ConvSpec;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;

/** A convolution in which each image of a batch has a filter of its own. */
final class PerImage {
  private PerImage() {}

  /**
   * One convolution of one image with N times the channels and groups.
   *
   * @param filters with K * C/g * h * w values for each of the N images
   */
  static Feature conv(Layers n, Feature x, Feature filters, ConvSpec conv) {
    int images = x.batch();
    int g = conv.groups();
    require(x.channels() % g == 0, "groups (%d) divide the input channels (%d)", g, x.channels());
    Feature wide = n.reshape(x, 1, images * x.channels(), x.height(), x.width());
    Feature filter =
        n.reshape(filters, images * conv.cout(), x.channels() / g, conv.kernelH(), conv.kernelW());
    ConvSpec all = conv.bias(false).groups(1).to(images * conv.cout()).groups(images * g);
    Feature y = n.conv(wide, filter, all);
    return n.reshape(y, images, conv.cout(), y.height(), y.width());
  }
}
