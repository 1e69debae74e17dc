/** Writes networks layer by layer, as model files: shapes, names, weights, counts. */
@NullMarked
package dev.tilewright.zoo.build;

import org.jspecify.annotations.NullMarked;
