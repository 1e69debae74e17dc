package dev.tilewright.zoo;

import static dev.tilewright.zoo.Zoo.line;

import dev.tilewright.tensor.Shape;
import dev.tilewright.zoo.Zoo.Entry;
import dev.tilewright.zoo.block.AsymmetricBlock;
import dev.tilewright.zoo.block.CondConv;
import dev.tilewright.zoo.block.CondLinear;
import dev.tilewright.zoo.block.DbbTransform;
import dev.tilewright.zoo.block.DepthwiseSeparable;
import dev.tilewright.zoo.block.DilatedStack;
import dev.tilewright.zoo.block.DiverseBranchBlock;
import dev.tilewright.zoo.block.DoConv;
import dev.tilewright.zoo.block.GroupFc;
import dev.tilewright.zoo.block.HetConv;
import dev.tilewright.zoo.block.OctConv;
import dev.tilewright.zoo.block.PixelShuffleConv;
import dev.tilewright.zoo.block.PsConv;
import dev.tilewright.zoo.block.RepMlp;
import dev.tilewright.zoo.block.RepVggBlock;
import dev.tilewright.zoo.block.Res2Net;
import dev.tilewright.zoo.block.Residual;
import dev.tilewright.zoo.block.Residual.Middle;
import dev.tilewright.zoo.block.SelfCalibrated;
import dev.tilewright.zoo.block.SelfCalibrated.Split;
import dev.tilewright.zoo.block.SpatialPyramidPooling;
import dev.tilewright.zoo.block.WeightNet;
import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.ConvSpec;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;
import dev.tilewright.zoo.build.PoolSpec;
import dev.tilewright.zoo.network.DilatedContext;
import dev.tilewright.zoo.network.OctResNet;
import dev.tilewright.zoo.network.RepVgg;
import dev.tilewright.zoo.network.ResNet;
import dev.tilewright.zoo.network.Vgg;
import java.util.List;

/** Variants of the convolution, all with the input and the output of the same dense 3x3. */
final class Filters {
  private static final Shape IMAGE = Shape.of(1, 128, 28, 28);
  private static final ConvSpec DENSE = ConvSpec.of(128, 3);
  private static final PoolSpec AVERAGE = PoolSpec.of(3).stride(1).padding(1);

  private static final Shape IMAGENET = Shape.of(1, 3, 224, 224);

  /** An image in two frequencies. */
  private static final List<Shape> OCTAVES =
      List.of(Shape.of(1, 64, 28, 28), Shape.of(1, 64, 14, 14));

  private static final List<Shape> QUARTER =
      List.of(Shape.of(1, 96, 28, 28), Shape.of(1, 32, 14, 14));

  private static final List<Shape> EIGHTH =
      List.of(Shape.of(1, 112, 28, 28), Shape.of(1, 16, 14, 14));

  static final List<Entry> BLOCKS =
      List.of(
          line("conv", IMAGE, () -> plain(DENSE))
              .from("LeCun 1989", "dense 3x3, for comparison", Target.folded()),
          line("conv-depthwise", IMAGE, () -> plain(DENSE.groups(128)))
              .from("1610.02357", "3x3 of each channel by itself", Target.copy().recorded(0.070)),
          line("conv-grouped", IMAGE, () -> plain(DENSE.groups(32)))
              .from("NIPS 2012", "3x3 in 32 groups", Target.work().recorded(0.220)),
          line("conv-grouped-4", IMAGE, () -> plain(DENSE.groups(4)))
              .from("NIPS 2012", "3x3 in 4 groups", Target.work().recorded(0.307)),
          line("conv-dilated", IMAGE, () -> plain(DENSE.dilation(2)))
              .from("1511.07122", "3x3 of every second pixel", Target.work().recorded(0.967)),
          line("conv-1x1", IMAGE, () -> plain(DENSE.kernel(1, 1)))
              .from("1312.4400", "each pixel by itself", Target.work()),
          line("conv-1x7", IMAGE, () -> plain(DENSE.kernel(1, 7)))
              .from("1512.00567", "a row of seven pixels", Target.work()),
          line("conv-stem", IMAGENET, () -> plain(ConvSpec.of(64, 7).stride(2)))
              .from("1512.03385", "7x7 of every second pixel of a photograph", Target.work()),
          line("conv-computed", List.of(IMAGE, Shape.of(128, 128, 3, 3)), Filters::computed)
              .from("1904.04971", "dense 3x3 whose filter is an input", Target.dense(1.1)),
          line("conv-transpose", IMAGE, Filters::enlarging)
              .from("1703.06870", "transposed 2x2 that doubles the size", Target.work()),
          line("doconv", IMAGE, () -> new DoConv(DENSE))
              .from(
                  "2006.12030",
                  "depthwise over-parameterised convolution",
                  Target.folded().recorded(1.651)),
          line("psconv", IMAGE, () -> PsConv.cyclic(128, DENSE, 1, 2, 1, 4))
              .from("2007.06191", "poly-scale convolution", Target.dense(1.08).recorded(2.782)),
          line("dbb", IMAGE, () -> new DiverseBranchBlock(DENSE, 128))
              .from(
                  "2103.13425",
                  "diverse branch block, as trained",
                  Target.folded().recorded(2.509)),
          line("acb", IMAGE, () -> new AsymmetricBlock(DENSE))
              .from("1908.03930", "3x3 + 1x3 + 3x1, as trained", Target.folded()),
          line("repvgg-block", IMAGE, () -> new RepVggBlock(128))
              .from(
                  "2101.03697",
                  "3x3 + 1x1 + identity, as trained",
                  Target.folded().recorded(1.108)),
          line("repmlp", IMAGE, () -> new RepMlp(128, 7, 7, List.of(1, 3), 4, 16))
              .from(
                  "2105.01883",
                  "perceptrons on partitions, as trained",
                  Target.foldedTo("repmlp-folded")),
          line("repmlp-folded", IMAGE, () -> new RepMlp(128, 7, 7, List.of(), 4, 16))
              .from("2105.01883", "the same without its convolutions", Target.work()),
          line("dbb-bn", IMAGE, () -> DbbTransform.normalised(DENSE))
              .from("2103.13425", "transform I: a filter and its normalisation", Target.folded()),
          line("dbb-add", IMAGE, () -> DbbTransform.added(DENSE, 2))
              .from("2103.13425", "transform II: filters added", Target.folded()),
          line("dbb-sequence", IMAGE, () -> DbbTransform.sequence(128, DENSE))
              .from("2103.13425", "transform III: 1x1, then 3x3", Target.folded()),
          line("dbb-concat", IMAGE, () -> DbbTransform.joined(DENSE, 64, 64))
              .from("2103.13425", "transform IV: filters side by side", Target.folded()),
          line("dbb-average", IMAGE, () -> DbbTransform.averaged(AVERAGE))
              .from("2103.13425", "transform V: an average", Target.copy()),
          line("dbb-scales", IMAGE, Filters::scales)
              .from("2103.13425", "transform VI: 3x3 + 1x1 + 1x3 + 3x1", Target.folded()),
          line("pixelshuffle-conv", IMAGE, () -> new PixelShuffleConv(128, 2))
              .from("2006.12030", "a 1x1 written as a strided 2x2", Target.work()),
          line("group-fc", IMAGE, () -> new GroupFc(128, 8))
              .from("2007.11823", "fully connected in groups", Target.copy()),
          line("condconv", IMAGE, () -> new CondConv(DENSE))
              .from("1904.04971", "filters mixed from 8 experts for each image", Target.dense(1.1)),
          line("condconv-4", Shape.of(4, 128, 28, 28), () -> new CondConv(DENSE))
              .from("1904.04971", "the same for four images", Target.dense(1.15).recorded(1.229)),
          line("condconv-fc", Shape.of(4, 256), () -> new CondLinear(128, 8))
              .from("1904.04971", "fully connected, mixed from 8 experts", Target.work()),
          line("weightnet", IMAGE, () -> WeightNet.of(128, DENSE))
              .from(
                  "2007.11823",
                  "filters made by a network for each image",
                  Target.dense(1.25).recorded(1.353)),
          line("octconv-first", IMAGE, () -> new OctConv(DENSE, 0, 0.5, false))
              .from("1904.05049", "octave convolution that makes low frequencies", Target.work()),
          line("octconv", OCTAVES, () -> new OctConv(DENSE, 0.5))
              .from(
                  "1904.05049", "octave convolution, alpha 1/2", Target.dense(0.5).recorded(0.479)),
          line("octconv-250", QUARTER, () -> new OctConv(DENSE, 0.25))
              .from(
                  "1904.05049",
                  "octave convolution, alpha 1/4",
                  Target.dense(0.75).recorded(0.746)),
          line("octconv-125", EIGHTH, () -> new OctConv(DENSE, 0.125))
              .from("1904.05049", "octave convolution, alpha 1/8", Target.work().recorded(0.879)),
          line("octconv-last", OCTAVES, () -> new OctConv(DENSE, 0.5, 0, false))
              .from(
                  "1904.05049",
                  "octave convolution that gives full resolution",
                  Target.work().recorded(0.649)),
          line("res2net", IMAGE, () -> Res2Net.bottleneck(32, 26 * 2, 4, 1, false))
              .from("1904.01169", "bottleneck of 4 scales in a chain", Target.work()),
          line("hetconv", IMAGE, () -> new HetConv(DENSE, 4))
              .from("1903.04120", "a quarter 3x3, the rest 1x1", Target.dense(0.4).recorded(0.451)),
          line("hetconv-2", IMAGE, () -> new HetConv(DENSE, 2))
              .from("1903.04120", "half 3x3, half 1x1", Target.dense(0.62).recorded(0.670)),
          line("hetconv-8", IMAGE, () -> new HetConv(DENSE, 8))
              .from("1903.04120", "an eighth 3x3, the rest 1x1", Target.work().recorded(0.372)),
          line("scconv", IMAGE, () -> new Split(new SelfCalibrated(DENSE.to(64))))
              .from("CVPR 2020", "self-calibrated convolution", Target.work().recorded(0.856)),
          line("spp", Shape.of(1, 128, 28, 28), () -> new SpatialPyramidPooling(List.of(4, 2, 1)))
              .from("1406.4729", "spatial pyramid pooling", Target.copy()),
          line("hdc", IMAGE, () -> DilatedStack.hybrid(List.of(1, 2, 5), 128, 3))
              .from("1702.08502", "hybrid dilated convolution", Target.work()),
          line("depthwise-separable", IMAGE, () -> new DepthwiseSeparable(128, 1))
              .from("1704.04861", "depthwise 3x3, then 1x1", Target.work().recorded(0.188)));

  static final List<Entry> NETWORKS =
      List.of(
          line("do-resnet50", IMAGENET, () -> resNet(Middle.of(DoConv::new)))
              .from("2006.12030", "ResNet-50 of DO-Conv"),
          line("ps-resnet50", IMAGENET, () -> resNet(Filters::polyScale))
              .from("2007.06191", "ResNet-50 of PSConv"),
          line("sc-resnet50", IMAGENET, () -> resNet(Filters::selfCalibrated))
              .from("CVPR 2020", "ResNet-50 of self-calibrated convolution"),
          line("condconv-resnet50", IMAGENET, () -> resNet(Filters::experts))
              .from("1904.04971", "ResNet-50, the last 3x3 mixed from 8 experts for each image"),
          line("weightnet-resnet50", IMAGENET, () -> resNet(Filters::made))
              .from("2007.11823", "ResNet-50 whose 3x3 are made by networks for each image"),
          line("oct-resnet50-125", IMAGENET, () -> new OctResNet(0.125))
              .from("1904.05049", "ResNet-50 of octave convolution, alpha 1/8"),
          line("oct-resnet50-250", IMAGENET, () -> new OctResNet(0.25))
              .from("1904.05049", "ResNet-50 of octave convolution, alpha 1/4"),
          line("oct-resnet50-500", IMAGENET, () -> new OctResNet(0.5))
              .from("1904.05049", "ResNet-50 of octave convolution, alpha 1/2"),
          line("res2net50", IMAGENET, () -> res2Net())
              .from("1904.01169", "Res2Net-50, 26 channels by 4 scales"),
          line("het-vgg16", IMAGENET, () -> Vgg.of(2, 2, 3, 3, 3).with(Filters::heterogeneous))
              .from("1903.04120", "VGG-16, a quarter of its filters 3x3, normalised"),
          line("dbb-resnet18", IMAGENET, () -> ResNet.of(Filters::diverse, 2, 2, 2, 2))
              .from("2103.13425", "ResNet-18 of diverse branch blocks, as trained"),
          line("acb-resnet18", IMAGENET, () -> ResNet.of(Filters::asymmetric, 2, 2, 2, 2))
              .from("1908.03930", "ResNet-18 of 3x3 + 1x3 + 3x1, as trained"),
          line("repvgg-a0", IMAGENET, () -> RepVgg.a(0.75, 2.5))
              .from("2101.03697", "RepVGG, as trained"),
          line("repvgg-a1", IMAGENET, () -> RepVgg.a(1, 2.5))
              .from("2101.03697", "RepVGG, as trained"),
          line("repvgg-a2", IMAGENET, () -> RepVgg.a(1.5, 2.75))
              .from("2101.03697", "RepVGG, as trained"),
          line("repvgg-b0", IMAGENET, () -> RepVgg.b(1, 2.5))
              .from("2101.03697", "RepVGG, as trained"),
          line("repvgg-b1", IMAGENET, () -> RepVgg.b(2, 4))
              .from("2101.03697", "RepVGG, as trained"),
          line("dilated-context", Shape.of(1, 21, 64, 64), () -> new DilatedContext())
              .from("1511.07122", "context module, dilations 1 to 16"));

  private Filters() {}

  private static Block.Single plain(ConvSpec conv) {
    return (n, x) -> n.conv("conv", x, conv);
  }

  private static Block computed() {
    return (n, in) -> List.of(n.conv(in.get(0), in.get(1), DENSE));
  }

  private static Block.Single enlarging() {
    return (n, x) -> n.convTranspose("conv", x, 128, 2, 2, 0);
  }

  private static Block.Single scales() {
    return DbbTransform.scales(DENSE, DENSE.kernel(1, 1), DENSE.kernel(1, 3), DENSE.kernel(3, 1));
  }

  /** All but the first layer, which has three channels. */
  private static Feature heterogeneous(Layers n, String name, Feature x, ConvSpec conv) {
    return x.channels() % 4 == 0 ? n.block(name, new HetConv(conv, 4), x) : n.conv(name, x, conv);
  }

  /** Two 3x3, each trained in branches, of which the last has no normalisation of its own. */
  private static Residual diverse(int planes, int stride) {
    Block.Single inside =
        (n, x) -> {
          ConvSpec conv = ConvSpec.of(planes, 3);
          DiverseBranchBlock first = new DiverseBranchBlock(conv.stride(stride), x.channels());
          Feature y = n.relu(n.block("conv1", first, x));
          return n.block("conv2", new DiverseBranchBlock(conv, planes), y);
        };
    return new Residual(inside, planes, stride);
  }

  /** The same with a 3x3, a 1x3 and a 3x1 for each. */
  private static Residual asymmetric(int planes, int stride) {
    Block.Single inside =
        (n, x) -> {
          ConvSpec conv = ConvSpec.of(planes, 3);
          Feature y = n.relu(n.block("conv1", new AsymmetricBlock(conv.stride(stride)), x));
          return n.block("conv2", new AsymmetricBlock(conv), y);
        };
    return new Residual(inside, planes, stride);
  }

  /** ResNet-50 with another layer for its 3x3. */
  private static ResNet resNet(Middle middle) {
    ResNet.Unit unit =
        (planes, stride) ->
            Residual.bottleneck(
                ConvSpec.of(planes, 3).stride(stride), Residual.EXPANSION * planes, middle);
    return ResNet.of(unit, 3, 4, 6, 3);
  }

  private static Feature polyScale(Layers n, Feature x, ConvSpec conv) {
    return n.bn("bn2", n.block("conv2", PsConv.cyclic(x.channels(), conv, 1, 2, 1, 4), x));
  }

  /** In the last stage, where the experts are worth their memory. */
  private static Feature experts(Layers n, Feature x, ConvSpec conv) {
    boolean last = conv.cout() == 512;
    Feature y = last ? n.block("conv2", new CondConv(conv), x) : n.conv("conv2", x, conv);
    return n.bn("bn2", y);
  }

  private static Feature made(Layers n, Feature x, ConvSpec conv) {
    return n.bn("bn2", n.block("conv2", WeightNet.of(x.channels(), conv), x));
  }

  private static Feature selfCalibrated(Layers n, Feature x, ConvSpec conv) {
    ConvSpec half = conv.to(conv.cout() / 2);
    return n.block("conv2", new Split(new SelfCalibrated(half)), x);
  }

  private static ResNet res2Net() {
    ResNet.Unit unit =
        new ResNet.Unit() {
          @Override
          public Block.Single block(int planes, int stride) {
            return Res2Net.bottleneck(planes, 26, 4, stride, false);
          }

          @Override
          public Block.Single first(int planes, int stride) {
            return Res2Net.bottleneck(planes, 26, 4, stride, true);
          }
        };
    return ResNet.of(unit, 3, 4, 6, 3);
  }
}
