package dev.tilewright.pass;

import static dev.tilewright.pass.LinearArithmetic.doubles;

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

  /** The one filter that does the same, [K, C/G, rows, columns], in double. */
  double[] filter();

  /** The one bias that does the same, [K]: it takes no product of filters. */
  double[] bias();

  /** Multiplications that {@link #filter} takes. */
  long work();

  /** All weights that it is made of. */
  List<Tensor> tensors();

  /** y = x. */
  record Identity(int channels) implements Linear {
    @Override
    public LinearForm form() {
      return LinearForm.identity(channels);
    }

    @Override
    public double[] filter() {
      double[] ones = new double[channels];
      Arrays.fill(ones, 1);
      return ones;
    }

    @Override
    public double[] bias() {
      return new double[channels];
    }

    @Override
    public long work() {
      return 0;
    }

    @Override
    public List<Tensor> tensors() {
      return List.of();
    }
  }

  /**
   * A convolution of another map's result.
   *
   * @param weights [K, C/G, FH, FW], or null for averages: each channel alone, all taps equal
   * @param shift [K], or null for 0
   */
  record Convolved(Linear of, LinearForm own, @Nullable Tensor weights, @Nullable Tensor shift)
      implements Linear {
    @Override
    public LinearForm form() {
      return of.form().then(own);
    }

    @Override
    public double[] filter() {
      return LinearArithmetic.then(of.form(), of.filter(), own, ownFilter());
    }

    @Override
    public double[] bias() {
      double[] own = shift == null ? new double[this.own.outputs()] : doubles(shift);
      return LinearArithmetic.bias(of.bias(), this.own, ownFilter(), own);
    }

    @Override
    public long work() {
      return of.work() + own.outputs() * own.depth() * of.form().depth();
    }

    private double[] ownFilter() {
      if (weights != null) {
        return doubles(weights);
      }
      double[] averages = new double[own.outputs() * own.taps()];
      Arrays.fill(averages, 1.0 / own.taps());
      return averages;
    }

    @Override
    public List<Tensor> tensors() {
      return Stream.concat(of.tensors().stream(), Stream.of(weights, shift).filter(t -> t != null))
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
    public double[] filter() {
      double[] filter = of.filter();
      scale(filter, filter.length / form().outputs());
      return filter;
    }

    @Override
    public double[] bias() {
      double[] bias = of.bias();
      scale(bias, 1);
      double[] terms = term == null ? new double[1] : doubles(term);
      for (int k = 0; k < bias.length; k++) {
        double t = terms[terms.length == 1 ? 0 : k];
        bias[k] += inverse ? -t : t;
      }
      return bias;
    }

    /**
     * @param depth values of each channel
     */
    private void scale(double[] values, int depth) {
      double[] factors = factor == null ? new double[] {1} : doubles(factor);
      for (int i = 0; i < values.length; i++) {
        double f = factors[factors.length == 1 ? 0 : i / depth];
        values[i] = inverse ? values[i] / f : values[i] * f;
      }
    }

    @Override
    public long work() {
      return of.work();
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
    public double[] filter() {
      return of.filter();
    }

    @Override
    public double[] bias() {
      return of.bias();
    }

    @Override
    public long work() {
      return of.work();
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
    public double[] filter() {
      return LinearArithmetic.plus(a.form(), a.filter(), b.form(), b.filter());
    }

    @Override
    public double[] bias() {
      double[] sum = a.bias();
      double[] other = b.bias();
      for (int k = 0; k < sum.length; k++) {
        sum[k] += other[k];
      }
      return sum;
    }

    @Override
    public long work() {
      return a.work() + b.work();
    }

    @Override
    public List<Tensor> tensors() {
      return Stream.concat(a.tensors().stream(), b.tensors().stream()).toList();
    }
  }
}
