@NullMarked
package dev.tilewright.zoo.algorithm;

import org.jspecify.annotations.NullMarked;
