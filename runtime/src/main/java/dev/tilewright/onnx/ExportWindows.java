package dev.tilewright.onnx;

import dev.tilewright.conv.ConvShape.Padding;
import dev.tilewright.conv.ConvShape.Size;
import dev.tilewright.graph.Node;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Value;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Operators on images that have a window or resample: the file has them channels first. */
final class ExportWindows {
  private ExportWindows() {}

  static void conv(ExportScope out, Node node, Op.Conv conv) {
    List<String> in = new ArrayList<>();
    in.add(out.name(node.input(0), true));
    in.add(out.name(node.input(1), false));
    if (conv.epilogue().bias()) {
      in.add(out.name(node.input(2), false));
    }
    Map<String, Attribute> attributes = attributes(conv.window());
    attributes.put("group", new Attribute.Int(conv.groups()));
    String result = out.emit("Conv", attributes, in.toArray(String[]::new));
    if (conv.epilogue().residual()) {
      String residual = out.name(node.inputs().getLast(), true);
      result = out.emit("Add", Map.of(), result, residual);
    }
    result = ExportActivations.write(out, conv.epilogue().activation(), result);
    out.define(node.output(), true, result);
  }

  static void convTranspose(ExportScope out, Node node, Op.ConvTranspose conv) {
    Op.Window w = conv.window();
    Padding extra = conv.extra();
    // Runtimes refuse to add as much as a stride.
    if (extra.top() > 0
        || extra.left() > 0
        || extra.bottom() >= Math.max(w.stride().height(), w.dilation().height())
        || extra.right() >= Math.max(w.stride().width(), w.dilation().width())) {
      throw OnnxExporter.refused(node, "more rows or columns added than a stride");
    }
    List<String> in = new ArrayList<>();
    in.add(out.name(node.input(0), true));
    for (Value weights : node.inputs().subList(1, node.inputs().size())) {
      in.add(out.name(weights, false));
    }
    Map<String, Attribute> attributes = attributes(w);
    attributes.put("group", new Attribute.Int(conv.groups()));
    attributes.put("output_padding", ExportScope.ints(List.of(extra.bottom(), extra.right())));
    String result = out.emit("ConvTranspose", attributes, in.toArray(String[]::new));
    out.define(node.output(), true, result);
  }

  static void pool(ExportScope out, Node node, Op.Pool pool) {
    Op.Window w = pool.window();
    Map<String, Attribute> attributes = attributes(w);
    boolean average = pool.kind() == Op.PoolKind.AVERAGE;
    if (average) {
      if (!isDilated(w)) {
        attributes.remove("dilations"); // which opsets before 19 have not
      }
      attributes.put("count_include_pad", new Attribute.Int(pool.countPad() ? 1 : 0));
    }
    attributes.put("ceil_mode", ceil(node, w, pool.out()));
    String x = out.name(node.input(0), true);
    out.define(node.output(), true, out.emit(average ? "AveragePool" : "MaxPool", attributes, x));
  }

  static boolean isDilated(Op.Window w) {
    return !w.dilation().equals(new Size(1, 1));
  }

  static void maxPositions(ExportScope out, Node node, Op.MaxPositions positions) {
    Map<String, Attribute> attributes = attributes(positions.window());
    attributes.put("ceil_mode", ceil(node, positions.window(), positions.out()));
    attributes.put("storage_order", new Attribute.Int(positions.columnMajor() ? 1 : 0));
    String x = out.name(node.input(0), true);
    out.define(node.output(), true, out.emitSecond("MaxPool", attributes, x));
  }

  /** Whether windows that hang over the padding count. */
  private static Attribute ceil(Node node, Op.Window w, Size out) {
    Shape in = node.input(0).shape();
    int tall = Windows.span(w.kernel().height(), w.dilation().height());
    int wide = Windows.span(w.kernel().width(), w.dilation().width());
    int height = in.dim(1) + w.pad().top() + w.pad().bottom() - tall;
    int width = in.dim(2) + w.pad().left() + w.pad().right() - wide;
    boolean over =
        out.height() != height / w.stride().height() + 1
            || out.width() != width / w.stride().width() + 1;
    return new Attribute.Int(over ? 1 : 0);
  }

  static void gridSample(ExportScope out, Node node, Op.GridSample sample) {
    String mode =
        switch (sample.interpolation()) {
          case NEAREST -> "nearest";
          case LINEAR -> "bilinear";
          case CUBIC -> "bicubic";
        };
    Map<String, Attribute> attributes =
        Map.of(
            "mode", new Attribute.Text(mode),
            "padding_mode", text(sample.outside()),
            "align_corners", new Attribute.Int(sample.alignCorners() ? 1 : 0));
    String x = out.name(node.input(0), true);
    String grid = out.name(node.input(1), false);
    out.define(node.output(), true, out.emit("GridSample", attributes, x, grid));
  }

  static void roiAlign(ExportScope out, Node node, Op.RoiAlign align) {
    String transform = align.halfPixel() ? "half_pixel" : "output_half_pixel";
    Map<String, Attribute> attributes =
        Map.of(
            "mode", new Attribute.Text(align.max() ? "max" : "avg"),
            "output_height", new Attribute.Int(align.height()),
            "output_width", new Attribute.Int(align.width()),
            "sampling_ratio", new Attribute.Int(align.samplingRatio()),
            "spatial_scale", new Attribute.Real(align.scale()),
            "coordinate_transformation_mode", new Attribute.Text(transform));
    String x = out.name(node.input(0), true);
    String regions = out.name(node.input(1), false);
    String images = out.name(node.input(2), false);
    out.define(node.output(), true, out.emit("RoiAlign", attributes, x, regions, images));
  }

  /** Over the last dimension here, the second in the file. */
  static void localNorm(ExportScope out, Node node, Op.LocalNorm norm) {
    if (node.output().shape().rank() != 4) {
      throw OnnxExporter.refused(node, "of other than four dimensions");
    }
    Map<String, Attribute> attributes =
        Map.of(
            "size", new Attribute.Int(norm.size()),
            "alpha", new Attribute.Real(norm.alpha()),
            "beta", new Attribute.Real(norm.beta()),
            "bias", new Attribute.Real(norm.bias()));
    String x = out.name(node.input(0), true);
    out.define(node.output(), true, out.emit("LRN", attributes, x));
  }

  static void resize(ExportScope out, Node node, Op.Resize resize) {
    Value x = node.input(0);
    List<Integer> dims = x.shape().dims();
    // Other runtimes resample the last two of four dimensions only.
    boolean image =
        dims.size() == 4 && resize.scales().get(3) == 1 && resize.sizes().dim(3) == dims.get(3);
    switch (resize.transform()) {
      case HALF_PIXEL, HALF_PIXEL_SYMMETRIC, PYTORCH_HALF_PIXEL, ALIGN_CORNERS, ASYMMETRIC -> {}
      case TF_HALF_PIXEL_FOR_NN ->
          throw OnnxExporter.refused(node, resize.transform() + ", which opset 13 took away");
    }
    Map<String, Attribute> attributes = new LinkedHashMap<>();
    attributes.put("mode", text(resize.interpolation()));
    attributes.put("coordinate_transformation_mode", text(resize.transform()));
    attributes.put("nearest_mode", text(resize.nearest()));
    attributes.put("cubic_coeff_a", new Attribute.Real((float) resize.cubicA()));
    float[] scales = new float[dims.size()];
    boolean bySize = true;
    boolean byScale = true;
    for (int i = 0; i < scales.length; i++) {
      int from = ExportScope.order(dims, image).get(i);
      int to = ExportScope.order(resize.sizes().dims(), image).get(i);
      double scale = ExportScope.order(resize.scales(), image).get(i);
      scales[i] = (float) scale;
      bySize &= scale == (double) to / from;
      byScale &= to == (int) Math.floor((double) from * scales[i]);
    }
    if (!bySize && !byScale) {
      throw OnnxExporter.refused(node, "sizes that do not follow from the scales");
    }
    String name = out.name(x, image);
    // The file states one of both, and the other follows from it.
    String result =
        bySize
            ? out.emit(
                "Resize",
                attributes,
                name,
                "",
                "",
                out.longs(ExportScope.order(resize.sizes().dims(), image)))
            : out.emit(
                "Resize",
                attributes,
                name,
                "",
                out.constant("scales", Tensor.of(Shape.of(scales.length), scales)));
    out.define(node.output(), image, result);
  }

  static Map<String, Attribute> attributes(Op.Window w) {
    Padding p = w.pad();
    Map<String, Attribute> attributes = new LinkedHashMap<>();
    attributes.put("kernel_shape", pair(w.kernel()));
    attributes.put("strides", pair(w.stride()));
    attributes.put("dilations", pair(w.dilation()));
    attributes.put("pads", ExportScope.ints(List.of(p.top(), p.left(), p.bottom(), p.right())));
    return attributes;
  }

  private static Attribute pair(Size size) {
    return ExportScope.ints(List.of(size.height(), size.width()));
  }

  /** Our names are the format's, in capitals. */
  private static Attribute text(Enum<?> name) {
    return new Attribute.Text(name.name().toLowerCase(Locale.ROOT));
  }
}
