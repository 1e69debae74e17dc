package dev.tilewright.pass;

import dev.tilewright.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A linear map as layers that follow each other or are added. Equal if made of the same layers with
 * the same tensors: image sizes are no part of it, so what is computed from one serves every plan.
 */
sealed interface Linear {
  LinearForm form();

  /** The one filter and bias that do the same, in double. */
  Values values();

  /** All weights that it is made of. */
  List<Tensor> tensors();

  /**
   * Numbers for a {@link LinearForm}.
   *
   * @param filter [K, C/G, rows, columns]
   * @param bias [K]
   */
  record Values(double[] filter, double[] bias) {}

  /** y = x. */
  record Identity(int channels) implements Linear {
    @Override
    public LinearForm form() {
      return LinearForm.identity(channels);
    }

    @Override
    public Values values() {
      double[] ones = new double[channels];
      Arrays.fill(ones, 1);
      return new Values(ones, new double[channels]);
    }

    @Override
    public List<Tensor> tensors() {
      return List.of();
    }
  }

  /**
   * A convolution of another map's result.
   *
   * @param filter [K, C/G, FH, FW], or null for averages: each channel alone, all taps equal
   */
  record Convolved(Linear of, LinearForm own, @Nullable Tensor filter, @Nullable Tensor bias)
      implements Linear {
    @Override
    public LinearForm form() {
      return of.form().then(own);
    }

    @Override
    public Values values() {
      return LinearArithmetic.then(of.form(), of.values(), own, ownValues());
    }

    private Values ownValues() {
      double[] weights;
      if (filter == null) {
        weights = new double[own.outputs() * own.taps()];
        Arrays.fill(weights, 1.0 / own.taps());
      } else {
        weights = LinearArithmetic.doubles(filter);
      }
      return new Values(
          weights, bias == null ? new double[own.outputs()] : LinearArithmetic.doubles(bias));
    }

    @Override
    public List<Tensor> tensors() {
      return Stream.concat(of.tensors().stream(), Stream.of(filter, bias).filter(t -> t != null))
          .toList();
    }
  }

  /**
   * x * factor + term per channel; tensors of one value or of K.
   *
   * @param factor null for 1
   * @param term null for 0
   * @param inverse whether to divide by the factor and subtract the term
   */
  record Affine(Linear of, @Nullable Tensor factor, @Nullable Tensor term, boolean inverse)
      implements Linear {
    @Override
    public LinearForm form() {
      return of.form();
    }

    @Override
    public Values values() {
      Values v = of.values();
      double[] filter = v.filter().clone();
      double[] bias = v.bias().clone();
      double[] factors = factor == null ? new double[] {1} : LinearArithmetic.doubles(factor);
      double[] terms = term == null ? new double[] {0} : LinearArithmetic.doubles(term);
      int depth = filter.length / bias.length;
      for (int k = 0; k < bias.length; k++) {
        double f = factors[factors.length == 1 ? 0 : k];
        double t = terms[terms.length == 1 ? 0 : k];
        for (int i = k * depth; i < (k + 1) * depth; i++) {
          filter[i] = inverse ? filter[i] / f : filter[i] * f;
        }
        bias[k] = inverse ? bias[k] / f - t : bias[k] * f + t;
      }
      return new Values(filter, bias);
    }

    @Override
    public List<Tensor> tensors() {
      return Stream.concat(of.tensors().stream(), Stream.of(factor, term).filter(t -> t != null))
          .toList();
    }
  }

  /** What another map gives, this many rows further down and columns further right. */
  record Shifted(Linear of, int down, int right) implements Linear {
    @Override
    public LinearForm form() {
      LinearForm f = of.form();
      return f.shifted(-down * f.stride().height(), -right * f.stride().width());
    }

    @Override
    public Values values() {
      return of.values();
    }

    @Override
    public List<Tensor> tensors() {
      return of.tensors();
    }
  }

  /** The sum of two maps of the same image at the same stride. */
  record Sum(Linear a, Linear b) implements Linear {
    @Override
    public LinearForm form() {
      return a.form().plus(b.form());
    }

    @Override
    public Values values() {
      return LinearArithmetic.plus(a.form(), a.values(), b.form(), b.values());
    }

    @Override
    public List<Tensor> tensors() {
      return Stream.concat(a.tensors().stream(), b.tensors().stream()).toList();
    }
  }
}
