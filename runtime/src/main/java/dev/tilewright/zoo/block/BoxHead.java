package dev.tilewright.zoo.block;

import static dev.tilewright.zoo.build.RuleException.require;

import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;
import java.util.List;

/**
 * What Fast R-CNN (Girshick 2015, arXiv 1504.08083) says about crops: by two layers with ReLU, the
 * probabilities of the classes, and four numbers for a box of each class.
 *
 * @param hidden outputs of both layers
 * @param classes with the background, which is the first
 */
public record BoxHead(int hidden, int classes) implements Block {
  public BoxHead {
    require(hidden > 0, "box head: a layer has at least one output, not %d", hidden);
    require(classes > 1, "box head: there is a class beside the background, not %d", classes);
  }

  @Override
  public List<Feature> apply(Layers n, List<Feature> crops) {
    require(crops.size() == 1, "box head: crops are one value, not %d", crops.size());
    Feature y = n.relu(n.linear("box_head.fc6", n.flatten(crops.getFirst()), hidden));
    y = n.relu(n.linear("box_head.fc7", y, hidden));
    Feature scores = n.softmax(n.linear("box_predictor.cls_score", y, classes), -1);
    return List.of(scores, n.linear("box_predictor.bbox_pred", y, 4 * classes));
  }
}
