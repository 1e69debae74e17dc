package dev.tilewright.conv;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Convolution problems worth testing: a hand list of edges, and seeded random ones. */
public final class ConvCases {
  private ConvCases() {}

  /** Every problem that once broke something belongs here. */
  private static final List<String> EDGES =
      List.of(
          "n1g1c1k1_i1x1_f1x1_s1x1_d1x1_p0,0,0,0",
          "n1g1c7k1_i5x3_f1x1_s1x1_d1x1_p0,0,0,0",
          "n1g1c13k17_i11x7_f1x1_s1x1_d1x1_p0,0,0,0",
          "n3g1c8k24_i5x5_f1x1_s1x1_d1x1_p0,0,0,0",
          "n2g1c5k33_i9x9_f1x1_s2x2_d1x1_p0,0,0,0",
          "n1g1c6k18_i4x4_f1x1_s1x1_d1x1_p1,0,2,1",
          "n1g1c1024k80_i3x4_f1x1_s1x1_d1x1_p0,0,0,0",
          "n1g1c300k1000_i1x1_f1x1_s1x1_d1x1_p0,0,0,0",
          "n1g1c3k32_i13x13_f3x3_s2x2_d1x1_p0,0,1,1",
          "n1g1c3k64_i20x20_f7x7_s2x2_d1x1_p3,3,3,3",
          "n1g1c16k16_i7x7_f3x3_s1x1_d1x1_p1,1,1,1",
          "n3g1c4k20_i6x5_f3x3_s1x1_d1x1_p1,1,1,1",
          "n1g1c2k3_i9x8_f2x5_s1x2_d1x1_p0,3,1,0",
          "n1g1c5k19_i12x12_f3x3_s1x1_d2x3_p2,3,2,3",
          "n1g1c4k8_i9x9_f2x2_s4x3_d1x1_p0,0,0,0",
          "n1g1c3k5_i4x4_f5x5_s1x1_d1x1_p4,4,4,4",
          "n1g1c8k16_i1x30_f1x7_s1x1_d1x1_p0,3,0,3",
          "n1g2c32k64_i7x6_f3x3_s1x1_d1x1_p1,1,1,1",
          "n1g4c32k32_i7x6_f3x3_s2x2_d1x1_p1,1,1,1",
          "n2g4c16k16_i5x7_f3x3_s1x1_d1x1_p1,1,1,1",
          "n1g8c8k16_i6x6_f3x3_s1x1_d1x1_p1,1,1,1",
          "n1g3c9k6_i6x6_f1x1_s1x1_d1x1_p0,0,0,0",
          "n1g16c32k32_i8x8_f3x3_s1x1_d1x1_p1,1,1,1",
          "n1g4c32k32_i8x8_f3x3_s1x1_d1x1_p1,1,1,1",
          "n1g32c32k32_i9x9_f3x3_s1x1_d1x1_p1,1,1,1",
          "n1g17c17k17_i14x14_f3x3_s1x1_d1x1_p1,1,1,1",
          "n2g40c40k40_i11x12_f5x5_s1x1_d1x1_p2,2,2,2",
          "n1g24c24k24_i15x15_f3x3_s2x2_d1x1_p0,0,1,1",
          "n1g24c24k24_i9x9_f3x3_s1x1_d2x2_p2,2,2,2",
          "n1g5c5k5_i6x7_f3x3_s1x1_d1x1_p1,1,1,1",
          "n1g19c19k19_i3x2_f5x5_s1x1_d1x1_p3,3,2,4",
          "n1g20c20k20_i7x9_f7x7_s1x1_d1x1_p3,3,3,3",
          "n1g33c33k33_i16x5_f1x3_s1x1_d1x1_p0,1,0,1",
          "n1g6c6k18_i6x7_f3x3_s1x1_d1x1_p1,1,1,1",
          "n1g16c16k32_i9x7_f3x3_s2x2_d1x1_p1,1,1,1",
          "n1g1c16k16_i1x2_f3x3_s1x1_d1x1_p1,1,1,1",
          "n2g1c24k40_i13x10_f3x3_s1x1_d1x1_p0,2,1,0",
          "n1g3c30k60_i9x9_f3x3_s1x1_d1x1_p1,1,1,1",
          "n2g1c48k33_i14x14_f3x3_s1x1_d1x1_p1,1,1,1",
          "n1g1c33k50_i12x15_f5x5_s1x1_d1x1_p2,2,2,2",
          "n1g2c16k16_i7x9_f5x5_s1x1_d1x1_p4,0,1,3",
          "n1g1c20k24_i3x19_f1x7_s1x1_d1x1_p0,3,0,3",
          "n2g1c9k12_i17x5_f7x1_s1x1_d1x1_p3,0,2,0",
          "n1g1c40k72_i8x11_f3x5_s1x1_d1x1_p1,1,1,1",
          "n1g1c8k8_i20x13_f3x3_s1x1_d1x1_p0,0,0,0",
          "n1g40c80k80_i9x7_f3x3_s1x1_d1x1_p1,1,1,1",
          "n1g9c36k36_i10x13_f3x3_s1x1_d1x1_p1,1,1,1",
          "n2g5c40k40_i8x9_f3x3_s2x2_d1x1_p1,1,1,1",
          "n1g3c48k48_i9x8_f7x7_s1x1_d1x1_p3,3,3,3",
          "n1g2c48k48_i7x7_f3x3_s1x1_d1x1_p1,1,1,1",
          "n1g2c64k64_i7x15_f3x3_s1x1_d1x1_p1,1,1,1",
          "n1g6c48k24_i9x8_f3x3_s1x1_d1x1_p1,1,1,1",
          "n1g6c24k48_i9x8_f3x3_s2x2_d1x1_p0,0,1,1",
          "n2g7c21k21_i11x9_f3x3_s1x1_d2x2_p1,2,3,0",
          "n1g4c24k16_i8x8_f3x3_s1x1_d1x1_p1,1,1,1",
          "n1g3c15k36_i8x12_f1x5_s1x2_d1x1_p0,2,0,2",
          "n1g8c32k32_i6x9_f1x1_s1x1_d1x1_p0,0,0,0",
          "n1g33c66k33_i8x6_f5x3_s1x1_d1x2_p2,2,2,2",
          "n1g19c19k57_i8x9_f3x3_s1x1_d1x1_p1,1,1,1",
          "n1g13c13k26_i12x11_f5x5_s2x2_d1x1_p2,2,2,2",
          "n1g40c40k40_i15x13_f7x7_s2x2_d1x1_p3,3,2,2",
          "n1g50c50k50_i14x9_f3x3_s2x2_d1x1_p0,1,2,1",
          "n1g70c70k70_i7x7_f5x5_s1x1_d1x1_p2,2,2,2",
          "n1g18c18k18_i15x14_f9x11_s1x1_d1x1_p4,5,4,5",
          "n2g48c48k48_i10x29_f5x5_s2x1_d1x2_p2,4,1,3",
          "n1g130c130k130_i15x16_f3x3_s1x1_d1x1_p1,1,1,1",
          "n1g20c20k20_i30x28_f3x3_s1x1_d12x12_p12,12,12,12",
          "n2g1c24k40_i13x10_f3x3_s1x1_d2x3_p2,3,1,4",
          "n1g2c32k48_i9x17_f3x3_s1x1_d4x4_p4,4,4,4",
          "n1g1c20k24_i3x19_f1x5_s1x1_d2x3_p0,6,0,6",
          "n2g1c9k12_i17x5_f7x1_s1x1_d2x2_p6,0,6,0",
          "n1g1c16k20_i11x12_f5x5_s1x1_d12x2_p24,4,24,4",
          "n1g1c2k1_i28x28_f7x7_s1x1_d1x1_p3,3,3,3",
          "n2g1c128k1_i9x11_f1x1_s1x1_d1x1_p0,0,0,0",
          "n1g4c128k4_i7x9_f1x1_s1x1_d1x1_p0,0,0,0",
          "n1g1c37k3_i1x1_f1x1_s1x1_d1x1_p0,0,0,0",
          "n2g1c5k3_i9x11_f5x3_s2x1_d1x1_p2,1,2,1",
          "n1g1c19k4_i8x21_f3x3_s1x2_d2x3_p2,3,2,3",
          "n1g3c60k6_i6x13_f2x4_s1x1_d1x1_p0,2,1,0",
          "n1g1c40k2_i3x30_f3x5_s1x1_d1x1_p1,2,1,2",
          "n1g1c3k1_i4x5_f3x7_s1x1_d1x1_p4,6,4,6",
          "n2g1c20003k20_i2x5_f1x1_s1x1_d1x1_p0,0,0,0",
          "n1g2c40010k6_i11x1_f1x1_s1x1_d1x1_p0,0,0,0");

  private static final List<Activation> ACTIVATIONS =
      List.of(
          Activation.none(),
          Activation.relu(),
          new Activation.Clip(0, 6),
          new Activation.LeakyRelu(0.1f),
          new Activation.HardSigmoid(0.2f, 0.5f),
          new Activation.HardSwish(),
          new Activation.Sigmoid(),
          new Activation.Silu(),
          new Activation.Tanh(),
          new Activation.Gelu());

  /** The edges, each with another epilogue, then {@code count} random problems. */
  public static List<ConvProblem> all(int count, long seed) {
    Random random = new Random(seed);
    List<ConvProblem> cases = new ArrayList<>();
    int n = 0;
    for (String key : EDGES) {
      cases.add(
          new ConvProblem(
              ConvShape.parse(key),
              new Epilogue(n % 3 != 0, n % 4 == 1, ACTIVATIONS.get(n % ACTIVATIONS.size())),
              1 + n % 3));
      n++;
    }
    while (cases.size() < EDGES.size() + count) {
      cases.add(random(random));
    }
    return cases;
  }

  private static ConvProblem random(Random r) {
    int groups = r.nextInt(3) > 0 ? 1 : 1 + r.nextInt(40);
    boolean depthwise = groups > 1 && r.nextBoolean();
    int in = groups * (depthwise ? 1 : 1 + r.nextInt(groups > 1 ? 9 : 70));
    int out = groups * (depthwise ? 1 + r.nextInt(8) / 7 : 1 + r.nextInt(groups > 1 ? 20 : 100));
    ConvShape shape =
        new ConvShape(
            1 + r.nextInt(4) / 3,
            groups,
            in,
            out,
            // At least as large as the largest filter with dilation 2, so that every draw is valid.
            new ConvShape.Size(7 + r.nextInt(10), 7 + r.nextInt(10)),
            new ConvShape.Size(1 + r.nextInt(4), 1 + r.nextInt(4)),
            new ConvShape.Size(1 + r.nextInt(3), 1 + r.nextInt(3)),
            new ConvShape.Size(1 + r.nextInt(4) / 3, 1 + r.nextInt(4) / 3),
            new ConvShape.Padding(r.nextInt(3), r.nextInt(3), r.nextInt(3), r.nextInt(3)));
    Activation activation = ACTIVATIONS.get(r.nextInt(ACTIVATIONS.size()));
    return new ConvProblem(
        shape, new Epilogue(r.nextBoolean(), r.nextInt(3) == 0, activation), 1 + r.nextInt(4));
  }
}
