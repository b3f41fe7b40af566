package org.starling.training.model;

import org.starling.training.settings.InvalidSettingException;

/**
 * Sizes of a {@link Dalle}.
 *
 * @param caption caption tokens of a sequence
 * @param captionVocabulary distinct caption tokens
 * @param padding caption token that fills up; it is not learned
 * @param start caption token before the first
 * @param codes image codes of a sequence
 * @param codebook distinct image codes
 * @param width size of a state
 * @param heads attention heads; divides the width
 * @param depth layers that a state passes
 * @param distinctLayers layers with parameters of their own; they repeat in a cycle
 */
public record DalleShape(
        int caption,
        int captionVocabulary,
        int padding,
        int start,
        int codes,
        int codebook,
        int width,
        int heads,
        int depth,
        int distinctLayers) {
    public DalleShape {
        if (width % heads != 0) {
            throw new InvalidSettingException("the width " + width + " must be a multiple of the " + heads + " heads");
        }
        if (distinctLayers > depth) {
            throw new InvalidSettingException(distinctLayers + " distinct layers do not fit into a depth of " + depth);
        }
    }
}
