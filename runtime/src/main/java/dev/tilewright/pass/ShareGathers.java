package dev.tilewright.pass;

import dev.tilewright.conv.Activation;
import dev.tilewright.graph.Node;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Op.BinaryFunction;
import dev.tilewright.graph.Value;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Convolutions whose results are concatenated, or sums of such, often see subsets of the channels
 * of one image (HetConv, Singh et al. 2019). Each would copy its own. In the order of a filter's
 * input channels nobody is interested, so one copy may hold all subsets as slices, which need none:
 * channels that the same filters see lie together, and the first come again at the end, so that a
 * subset that wraps around is a slice, too.
 */
final class ShareGathers implements Pass {
  /** Sums of sums of so many layers are followed. */
  private static final int DEEPEST = 64;

  /**
   * A convolution that sees some channels of an image.
   *
   * @param channels of the image, in the order of the filter's
   */
  private record Seer(Node conv, Value image, List<Integer> channels) {}

  /**
   * One copy of an image's channels.
   *
   * @param channels of the image, some of them twice
   * @param first where each seer's slice begins
   */
  private record Copy(Value image, List<Integer> channels, Map<Node, Integer> first) {}

  @Override
  public boolean looksFor(Op op) {
    return op instanceof Op.Gather;
  }

  @Override
  public void rewrite(Rewriter.At at) {
    if (at.op() instanceof Op.Concat(int axis)
        && axis == 3
        && at.node().output().shape().rank() == 4) {
      Map<Value, List<Seer>> seers = new LinkedHashMap<>(); // by image
      for (int i = 0; i < at.node().inputs().size(); i++) {
        find(at, at.in(i), DEEPEST, seers);
      }
      Map<Node, Value> again = new HashMap<>();
      seers.forEach((image, all) -> {
        Copy copy = all.size() > 1 ? copy(image, all) : null;
        if (copy != null) {
          sliced(at, copy, all, again);
        }
      });
      if (!again.isEmpty()) {
        Value[] in =
            IntStream.range(0, at.node().inputs().size())
                .mapToObj(i -> rebuilt(at, at.in(i), again))
                .toArray(Value[]::new);
        at.replace(at.emit(at.op(), in));
        return;
      }
    }
    at.keep();
  }

  private static void find(Rewriter.At at, Value value, int deepest, Map<Value, List<Seer>> seers) {
    Node node = deepest == 0 ? null : at.soleProducer(value);
    if (node == null) {
      return;
    }
    if (node.op() instanceof Op.Binary(BinaryFunction f) && f == BinaryFunction.ADD) {
      find(at, node.input(0), deepest - 1, seers);
      find(at, node.input(1), deepest - 1, seers);
    } else if (node.op() instanceof Op.Conv conv
        && conv.groups() == 1
        && conv.epilogue().activation() instanceof Activation.None
        && !conv.epilogue().residual()
        && at.constant(node.input(1)) != null
        && at.soleProducer(node.input(0)) instanceof Node gather
        && gather.op() instanceof Op.Gather(int axis)
        && axis == 3
        && channels(at, gather) instanceof List<Integer> channels) {
      seers
          .computeIfAbsent(gather.input(0), x -> new ArrayList<>())
          .add(new Seer(node, gather.input(0), channels));
    }
  }

  /** What a Gather picks, each of it once; else null. */
  private static @Nullable List<Integer> channels(Rewriter.At at, Node gather) {
    Tensor indices = at.constant(gather.input(1));
    int size = gather.input(0).shape().last();
    if (indices == null || indices.shape().rank() != 1) {
      return null;
    }
    long[] places = indices.toLongs();
    List<Integer> channels = new ArrayList<>();
    for (long place : places) {
      if (place < 0 || place >= size) {
        return null;
      }
      channels.add((int) place);
    }
    return channels.stream().distinct().count() == places.length ? channels : null;
  }

  /** A copy that is smaller than all the seers' own, in which each finds its channels together. */
  private static @Nullable Copy copy(Value image, List<Seer> seers) {
    List<BitSet> who = new ArrayList<>(); // sees a channel
    for (int c = 0; c < image.shape().last(); c++) {
      who.add(new BitSet());
    }
    for (int i = 0; i < seers.size(); i++) {
      for (int c : seers.get(i).channels) {
        who.get(c).set(i);
      }
    }
    Map<BitSet, List<Integer>> alike = new LinkedHashMap<>();
    for (int c = 0; c < who.size(); c++) {
      if (!who.get(c).isEmpty()) {
        alike.computeIfAbsent(who.get(c), w -> new ArrayList<>()).add(c);
      }
    }
    List<Integer> once = alike.values().stream().flatMap(List::stream).toList();
    Map<Node, Integer> first = new HashMap<>();
    int length = 0;
    for (Seer seer : seers) {
      int begin = begin(once, seer.channels);
      if (begin < 0) {
        return null;
      }
      first.put(seer.conv, begin);
      length = Math.max(length, begin + seer.channels.size());
    }
    List<Integer> channels =
        IntStream.range(0, length).mapToObj(i -> once.get(i % once.size())).toList();
    int apart = seers.stream().mapToInt(s -> s.channels.size()).sum();
    return length < apart ? new Copy(image, channels, first) : null;
  }

  /** Where these channels begin in the ring, or -1 if they do not lie together. */
  private static int begin(List<Integer> ring, List<Integer> channels) {
    boolean[] in = new boolean[Collections.max(ring) + 1];
    channels.forEach(c -> in[c] = true);
    int n = ring.size();
    int begin = channels.size() == n ? 0 : -1;
    for (int i = 0; i < n; i++) {
      if (in[ring.get(i)] && !in[ring.get((i + n - 1) % n)]) {
        if (begin >= 0) {
          return -1;
        }
        begin = i;
      }
    }
    return begin;
  }

  private static void sliced(Rewriter.At at, Copy copy, List<Seer> seers, Map<Node, Value> again) {
    Value all = at.inOrder(copy.image, 3, copy.channels);
    for (Seer seer : seers) {
      int first = copy.first.getOrDefault(seer.conv, 0);
      int size = seer.channels.size();
      List<Integer> order = // of the filter's channels
          copy.channels.subList(first, first + size).stream().map(seer.channels::indexOf).toList();
      Shape shape = all.shape();
      Shape sizes = Shape.of(shape.dim(0), shape.dim(1), shape.dim(2), size);
      List<Value> in = new ArrayList<>();
      in.add(at.emit(new Op.Slice(List.of(0, 0, 0, first), List.of(1, 1, 1, 1), sizes), all));
      in.add(at.inOrder(seer.conv.input(1), 1, order));
      in.addAll(seer.conv.inputs().subList(2, seer.conv.inputs().size()));
      again.put(seer.conv, at.emit(seer.conv.name(), seer.conv.op(), in));
    }
  }

  /** The same sum of the convolutions as they are now. */
  private static Value rebuilt(Rewriter.At at, Value value, Map<Node, Value> again) {
    Node node = at.soleProducer(value);
    if (node == null) {
      return value;
    }
    Value conv = again.get(node);
    if (conv != null) {
      return conv;
    }
    if (!(node.op() instanceof Op.Binary(BinaryFunction f)) || f != BinaryFunction.ADD) {
      return value;
    }
    Value a = rebuilt(at, node.input(0), again);
    Value b = rebuilt(at, node.input(1), again);
    return a.equals(node.input(0)) && b.equals(node.input(1)) ? value : at.emit(node.op(), a, b);
  }
}
